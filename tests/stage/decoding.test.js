/** Decoding, against bytes that Python wrote (write_fixture.py). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bitsOf, textOfBytes } from "../../core/epochscope/stage/data/base64.js";
import { decode } from "../../core/epochscope/stage/data/bundle.js";
import { decodeChannel } from "../../core/epochscope/stage/data/channel_decoders.js";
import { channelNamed, listNamed } from "../../core/epochscope/stage/data/declared.js";
import { Epoch } from "../../core/epochscope/stage/data/epoch.js";
import { UnknownValue } from "../../core/epochscope/stage/data/errors.js";
import { decodedInfo } from "../../core/epochscope/stage/data/run_info.js";
import { levelOf } from "../../core/epochscope/stage/panels/levels.js";
import { RunData } from "../../core/epochscope/stage/runtime/run_data.js";

/** @import { RunInfo } from "../../core/epochscope/stage/data/types.js" */

const file = readFileSync(new URL("bundle.bin", import.meta.url));
const message = () => new Uint8Array(file).buffer;
const declared = JSON.parse(readFileSync(new URL("declared.json", import.meta.url), "utf8"));
const expected = JSON.parse(readFileSync(new URL("bundle.json", import.meta.url), "utf8"));

/** @param {ArrayLike<number>} actual @param {number[]} wanted @param {number} tolerance */
function assertClose(actual, wanted, tolerance) {
  assert.equal(actual.length, wanted.length);
  for (const [i, value] of wanted.entries())
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${i}: ${actual[i]} is not ${value}`);
}

/** @param {{top: number, values: Uint8Array} | null} scaled */
const unscaled = (scaled) => Array.from(scaled?.values ?? [], (value) => ((scaled?.top ?? 0) * value) / 255);

/** The epochs of the fixture in a run, where channels that hold are those of an earlier epoch. */
function received() {
  const run = new RunData();
  run.info = declared;
  run.take(decode(message()), { epochs: 0, frames: 0 }, "pca");
  return run;
}

test("numbers of an epoch", () => {
  for (const [i, entry] of received().epochs.entries()) {
    const wanted = expected.epochs[i];
    const { epoch, phase, seconds, scores } = entry;
    const sizes = entry.list("sizes");
    assert.deepEqual([epoch, phase, seconds, sizes, scores], [i, "cluster", 0.5, [3, 2, 1], wanted.scores]);
  }
});

test("labels in one byte or two; the largest value says: in no cluster", () => {
  /** @param {Record<string, Uint8Array>} channels */
  const labelsOf = (channels) => {
    const epoch = new Epoch({ epoch: 0 }, channels);
    epoch.declared = { ...declared, channels: { ...declared.channels, labels16: "group16" } };
    return epoch.labels && Array.from(epoch.labels);
  };
  assert.deepEqual(labelsOf({ labels: new Uint8Array([0, 254, 255]) }), [0, 254, -1]);
  const wide = new Uint8Array(new Uint16Array([3, 999, 65535]).buffer);
  assert.deepEqual(labelsOf({ labels16: wide }), [3, 999, -1]);
  assert.equal(labelsOf({}), null);
});

test("what of a recorded loop may grow", () => {
  const run = received();
  const bundle = decode(message());
  run.take(
    { ...bundle, header: { ...bundle.header, grown: { k: 12, numbers: ["loss"] } } },
    { epochs: 9, frames: 0 },
    "",
  );
  assert.deepEqual([run.info?.k, run.info?.numbers], [12, ["loss"]]);
});

test("labels and probabilities", () => {
  for (const [i, epoch] of received().epochs.entries()) {
    const { arrays } = expected.epochs[i];
    assert.deepEqual(Array.from(epoch.labels ?? []), arrays.labels);
    for (const name of /** @type {const} */ (["q", "p", "pi", "field"])) {
      const values = Array.from(epoch.channel(name, "uint8") ?? [], (value) => value / 255);
      assertClose(values, arrays[name], 0.5 / 255 + 1e-6);
    }
    const largest = arrays.labels.map(
      (/** @type {number} */ label, /** @type {number} */ i) => arrays.q[3 * i + label],
    );
    assertClose(
      Array.from(epoch.confidence ?? [], (value) => value / 255),
      largest,
      0.5 / 255 + 1e-6,
    );
  }
});

test("numbers on a scale of their own", () => {
  for (const [i, epoch] of received().epochs.entries()) {
    const { arrays } = expected.epochs[i];
    const lengths = Array.from({ length: 6 }, (_, point) =>
      Math.hypot(...arrays.forces.slice(4 * point, 4 * point + 4)),
    );
    const pull = epoch.channel("pull", "scaled");
    assertClose(unscaled(pull), lengths, (0.5 * (pull?.top ?? 0)) / 255 + 1e-6);
    const affinity = epoch.channel("affinity", "scaled");
    const cut = arrays.affinity.map((/** @type {number} */ value) => Math.min(value, affinity?.top ?? 0));
    assertClose(unscaled(affinity), cut, (0.5 * (affinity?.top ?? 0)) / 255 + 1e-6);
  }
});

test("edges of the graph, and what belongs to each", () => {
  const [first, second] = received().epochs;
  const edges = first.channel("edges", "edges");
  assert.deepEqual([edges?.each, edges?.between], [2, 10]);
  const pairs = [0, 1, 0, 2, 1, 0, 2, 3, 2, 4, 3, 2, 3, 5, 4, 5, 5, 3, 5, 4];
  assert.deepEqual(Array.from(edges?.ends ?? []), pairs);
  assert.equal(second.channel("edges", "edges"), edges, "a channel that holds is decoded once");
  const kept = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]; // the other two neighbors are not drawn
  for (const [i, epoch] of [first, second].entries()) {
    const js = kept.map((place) => expected.epochs[i].arrays.neighbor_js[place]);
    assertClose(unscaled(epoch.channel("edge_js", "scaled")), js, Math.LN2 / 255);
    assert.equal(epoch.channel("edge_weights", "scaled")?.values.length, kept.length);
  }
});

test("points in the plane of a discriminator", () => {
  for (const [i, epoch] of received().epochs.entries())
    for (const name of /** @type {const} */ (["field_codes", "field_prior"]))
      assertClose(epoch.channel(name, "plane") ?? [], expected.epochs[i].arrays[name], 1e-4);
});

test("frames of a projection", () => {
  const { projections } = received();
  const frames = projections.get("pca");
  assert.deepEqual(frames?.order, [0, 1]);
  for (const [i, { xy, centers }] of expected.frames.entries()) {
    const frame = frames?.at(i);
    assert.ok(frame?.centers);
    const at = (/** @type {number} */ value, /** @type {number} */ axis) =>
      frame.center[axis & 1] + (frame.scale * value) / 32767;
    assertClose(Array.from(frame.xy, at), xy, 1e-3);
    assertClose(Array.from(frame.centers, at), centers, 1e-3);
    const xs = xy.filter((/** @type {number} */ _, /** @type {number} */ j) => j % 2 === 0);
    assertClose(frame.box.slice(0, 2), [Math.min(...xs), Math.max(...xs)], 1e-3);
  }
});

test("the frame for an epoch is the nearest one before it, else the first", () => {
  const frames = received().projections.get("pca");
  assert.equal(frames?.at(7)?.epoch, 1);
  assert.equal(frames?.at(-1)?.epoch, 0);
});

test("a bundle that is answered twice counts once", () => {
  const run = received();
  assert.equal(run.take(decode(message()), { epochs: 0, frames: 0 }, "pca"), false);
  assert.deepEqual(run.numbers, [0, 1]);
  assert.deepEqual(run.moments, [0.5, 1]);
});

test("what is no bundle is refused in a sentence", () => {
  assert.throws(() => decode(new ArrayBuffer(0)), /not a bundle/);
  assert.throws(() => decode(new TextEncoder().encode("EPB2....").buffer), /not a bundle/);
  assert.throws(() => decode(message().slice(0, 40)), /cut off/);
  assert.throws(() => decode(message().slice(0, file.length - 8)), /lies beyond its end/);
});

test("a channel or list that is not declared is refused, even where an epoch has bytes of that name", () => {
  assert.equal(channelNamed(declared, "q", "uint8"), "q");
  assert.equal(listNamed(declared, "sizes"), "sizes");
  for (const name of ["toString", "", "Q", undefined, 3]) {
    assert.throws(() => channelNamed(declared, name, "uint8"), UnknownValue);
    assert.throws(() => listNamed(declared, name), UnknownValue);
  }
  const epoch = new Epoch({ epoch: 0, secret: [1] }, { secret: new Uint8Array(1) });
  epoch.declared = declared;
  assert.throws(() => epoch.channel("secret", "uint8"), /The stage knows no channel "secret"; it knows labels, /);
  assert.throws(() => epoch.list("secret"), UnknownValue);
});

test("a channel is read in its own encoding only", () => {
  assert.throws(() => received().epochs[0].channel("pull", "uint8"), /no uint8 channel "pull"; it knows confidence, /);
  const later = { channels: { waves: "float64" }, line_numbers: {} };
  assert.throws(() => channelNamed(later, "waves", "uint8"), /no encoding "float64"; it knows uint8, group, /);
});

test("a channel that nobody has heard of is read by its declaration alone", () => {
  const epoch = new Epoch({ epoch: 0, news: [2, 3] }, { waves: new Uint8Array(Float32Array.of(0.5).buffer) });
  epoch.declared = { channels: { waves: "scaled" }, line_numbers: { news: { counts: true, unit: "points" } } };
  assert.equal(epoch.channel("waves", "scaled")?.top, 0.5);
  assert.deepEqual(epoch.list("news"), [2, 3]);
});

test("a table that no epoch has is refused", () => {
  const epoch = new Epoch({ epoch: 0, losses: { kl: 0.5 } }, {});
  assert.deepEqual(epoch.numbers("losses"), { kl: 0.5 });
  assert.throws(() => epoch.numbers("weights"), UnknownValue);
});

test("levels to compare with: where they are, and their labels", () => {
  const info = /** @type {RunInfo} */ ({ n: 5000, k: 3, tol: 0.001, one_cluster: 0.4 });
  assert.deepEqual(levelOf({ at: "n / k", label: "equal sizes ({count})" }, info), [5000 / 3, "equal sizes (1,667)"]);
  assert.deepEqual(levelOf({ at: "1 / k", label: "equal ({number})" }, info), [1 / 3, "equal (0.333)"]);
  assert.deepEqual(levelOf({ at: "tol", label: "stops below {percent}" }, info), [0.001, "stops below 0.1%"]);
  assert.deepEqual(levelOf({ at: "one_cluster", label: "all in one" }, info), [0.4, "all in one"]);
  assert.equal(levelOf({ at: "tol", label: "" }, { ...info, tol: null }), null);
  assert.equal(levelOf({ at: "tol", label: "" }, null), null);
  assert.throws(() => levelOf({ at: "toString", label: "" }, info), UnknownValue);
  assert.throws(() => levelOf({ at: "n / k", label: "{word}" }, info), UnknownValue);
});

test("the share of changed labels: the run's own number, else that of the drawn points", () => {
  const run = received();
  const [first, second] = expected.epochs.map((/** @type {any} */ one) => one.arrays.labels);
  const moved = first.filter((/** @type {number} */ label, /** @type {number} */ i) => label !== second[i]).length;
  assert.equal(run.changed(run.epochs[0]), null);
  assert.equal(run.changed(run.epochs[1]), moved / 6);
  run.epochs[1].scores.changed = 0.125;
  assert.equal(run.changed(run.epochs[1]), 0.125);
});

test("edges of many points have ends of four bytes, and numbers of points travel as text", () => {
  const bytes = new Uint8Array(Uint32Array.from([3, 9, 70_000, 1, 2, 999_999]).buffer);
  const edges = decodeChannel("edges32", bytes);
  assert.deepEqual([edges?.each, edges?.between, [...(edges?.ends ?? [])]], [3, 9, [70_000, 1, 2, 999_999]]);
  const text = (/** @type {Uint8Array} */ numbers) => textOfBytes(numbers);
  const [index, truth] = [Uint32Array.from([70_000, 0]), Int16Array.from([-1, 9])];
  const info = decodedInfo({
    n: 2,
    index: text(new Uint8Array(index.buffer)),
    truth: text(new Uint8Array(truth.buffer)),
  });
  assert.deepEqual([info.index, info.truth, info.n], [index, truth, 2]);
  assert.equal(decodedInfo({ index: text(new Uint8Array(index.buffer)), truth: null }).truth, null);
  assert.deepEqual([...bitsOf([0, 1, 0, 0, 0, 0, 0, 0, 1])], [2, 1]);
});
