/** Runs in blocks: what Python has folded is the bundle again, and every question has its answer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode } from "../../core/epochscope/stage/data/bundle.js";
import { bare, opened, unfold } from "../../core/epochscope/stage/data/folded.js";
import { PackedSource } from "../../core/epochscope/stage/runtime/packed_source.js";

/** @param {string} name @returns {ArrayBuffer} */
function fixture(name) {
  const file = readFileSync(new URL(name, import.meta.url));
  return new Uint8Array(file).buffer;
}

/** A bundle of lines with words in its body. @param {any[]} lines @param {number[]} words */
function block(lines, words) {
  const head = new Uint8Array(bare({ lines }));
  const whole = new Uint8Array(head.length + 2 * words.length);
  whole.set(head);
  whole.set(new Uint8Array(new Uint16Array(words).buffer), head.length);
  return whole.buffer;
}

const STATE = { status: { state: "done", message: "ü" }, live: false, recorded: 2, epochs: [], frames: [] };

/** @param {Record<string, ArrayBuffer>} blocks */
function source(blocks) {
  /** @type {string[]} */
  const asked = [];
  const addresses = Object.fromEntries(Object.keys(blocks).map((name) => [name, name]));
  const run = { id: "a", info: { n: 2, sprite: null }, state: STATE, blocks: addresses, sprites: null };
  const made = new PackedSource([run], async (address) => {
    asked.push(address);
    return blocks[address];
  });
  return { made, asked };
}

test("a folded bundle unfolds to every byte of the bundle", () => {
  const [whole, unfolded] = [decode(fixture("bundle.bin")), decode(unfold(fixture("folded.bin")))];
  assert.equal(unfolded.epochs.length, 2);
  for (const [i, epoch] of whole.epochs.entries()) {
    assert.deepEqual(unfolded.epochs[i].channels, epoch.channels);
    assert.deepEqual(unfolded.epochs[i].scores, epoch.scores);
  }
  assert.deepEqual(unfolded.frames, whole.frames);
  assert.notDeepEqual(decode(fixture("folded.bin")).frames, whole.frames);
});

test("a bundle that is not folded stays as it is", () => {
  assert.deepEqual(new Uint8Array(unfold(fixture("bundle.bin"))), new Uint8Array(fixture("bundle.bin")));
  const { header, start } = opened(bare(STATE));
  assert.deepEqual(header, STATE);
  assert.equal(start % 8, 0);
});

test("first all epochs, then the frames of a projection, then nothing; each block is read once", async () => {
  const { made, asked } = source({ epochs: fixture("folded.bin"), "frames pca": fixture("folded.bin") });
  const updates = made.updates("a");
  const first = await updates.existing({ epochs: 0, frames: 0, projection: "pca" });
  assert.equal(decode(first.message).epochs.length, 2);
  const second = await updates.existing({ epochs: 2, frames: 0, projection: "pca" });
  assert.deepEqual(second.asked, { epochs: 2, frames: 0 });
  assert.equal(decode(second.message).frames.length, 2);
  const last = decode((await updates.existing({ epochs: 2, frames: 2, projection: "pca" })).message);
  assert.deepEqual([last.epochs.length, last.frames.length, last.header.live], [0, 0, false]);
  await made.updates("a").existing({ epochs: 0, frames: 0, projection: null });
  assert.deepEqual(asked, ["epochs", "frames pca"]);
});

test("neighbors hold until there are others; what is not drawn or not known is null", async () => {
  const at = (/** @type {number} */ i) => [8 * i, 8];
  const lines = [
    { epoch: 0, width: 2, at: { places: at(0), weights: at(1) } },
    { epoch: 1, width: 2, at: { divergences: at(2) } },
  ];
  const words = [1, 65535, 0, 65534, 250, 500, 1000, 65535, 321, 0, 65535, 1];
  const { made } = source({ neighbors: block(lines, words) });
  const ask = async (/** @type {string} */ path) => (await made.get("a", path)).json();
  const none = null;
  assert.deepEqual((await ask("neighbors?epoch=0&point=0")).neighbors, [
    [none, 0.5, none],
    [1, 0.25, none],
  ]);
  assert.deepEqual((await ask("neighbors?epoch=1&point=0")).neighbors, [
    [none, 0.5, 0],
    [1, 0.25, 0.321],
  ]);
  assert.deepEqual((await ask("neighbors?epoch=1&point=1")).neighbors, [[0, 1, none]]);
});

test("colors of an epoch, facts of the run, and a sentence for what is not there", async () => {
  const lines = [
    { epoch: 0, match: [1, 0], numbers: [], at: { entropy: [0, 2] } },
    { epoch: 1, match: null, numbers: [], at: {} },
  ];
  const { made } = source({ colors: block(lines, [0x0302]) });
  const ask = async (/** @type {string} */ path) => (await made.get("a", path)).json();
  assert.deepEqual(await ask("hues?epoch=0"), { match: [1, 0], numbers: [], entropy: [2, 3] });
  assert.equal((await ask("hues?epoch=1")).entropy, null);
  assert.deepEqual(await ask("info"), { n: 2, sprite: null });
  assert.match((await ask("feature?column=3")).error, /no features/);
  await assert.rejects(made.get("b", "info"), /no run b/);
});
