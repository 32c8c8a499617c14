/** The store of a run: what the address line says, what Python asks for, what a person chooses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../core/epochscope/stage/data/bundle.js";
import { ProjectionFrames } from "../../core/epochscope/stage/data/projection_frames.js";
import { HttpSource } from "../../core/epochscope/stage/runtime/http_source.js";
import { Store } from "../../core/epochscope/stage/runtime/store.js";

/** @import { RunInfo } from "../../core/epochscope/stage/data/types.js" */

/** A bundle without arrays. @param {object} header */
function bundle(header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length);
  bytes.set(new TextEncoder().encode("EPB1"));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(text, 8);
  return decode(bytes.buffer);
}

/** A store with some epochs. @param {string} run @param {number[]} epochs @param {object} start */
function storeWith(run, epochs, start = {}) {
  const store = new Store("", run, start);
  const lines = epochs.map((epoch) => ({ epoch, phase: "cluster", seconds: 2 }));
  store.receive(bundle({ epochs: lines, live: false }), { epochs: 0, frames: 0 }, null);
  return store;
}

test("what a link says is taken over", () => {
  const store = storeWith("a", [0, 1, 2], { epoch: 1, color: "feature-3", show: ["pull", "graph"] });
  assert.deepEqual([store.current?.epoch, store.color, [...store.show]], [1, "feature-3", ["pull", "graph"]]);
  assert.equal(store.complaint, "");
});

test("what a link says that there is not is said in a sentence, and the rest is used", () => {
  const store = storeWith("a", [0, 1], { epoch: 0, color: "<b>", show: ["pull"] });
  assert.deepEqual([store.current?.epoch, store.color, [...store.show]], [0, null, ["pull"]]);
  assert.match(store.complaint, /colors by "<b>", which does not exist/);
  store.setColor("cluster");
  assert.equal(store.complaint, "");
  const other = storeWith("a", [0], { show: ["constructor", "graph"] });
  assert.match(other.complaint, /to show "constructor", which does not exist/);
  assert.deepEqual([...other.show], ["graph"]);
});

test("what suits the method is shown until somebody chooses", () => {
  const [fresh, linked, empty] = [{}, { show: ["graph"] }, { show: [] }].map((start) => storeWith("a", [0], start));
  for (const store of [fresh, linked, empty]) store.suggest("pull");
  assert.deepEqual([...fresh.show], ["pull"]);
  assert.deepEqual([...linked.show], ["graph"]);
  assert.deepEqual([...empty.show], []);
  fresh.toggle("pull");
  fresh.suggest("pull");
  assert.deepEqual([...fresh.show], []);
});

test("runs that share a cursor move together; the shorter one stays at its end", () => {
  const [first, second] = [
    storeWith("b", [0, 1, 2, 3], { link: "b c", lead: "b" }),
    storeWith("c", [0, 1], { link: "b c" }),
  ];
  first.cursor.seek(3);
  assert.deepEqual([first.current?.epoch, second.current?.epoch], [3, 1]);
  first.setColor("class");
  assert.equal(second.color, "class");
  second.linkTo({ link: null });
  first.cursor.seek(0);
  assert.deepEqual([first.current?.epoch, second.current?.epoch], [0, 1]);
});

test("the epoch that is shown comes ahead of the others, which then take their places before it", () => {
  const store = new Store("", "f");
  const line = (/** @type {number} */ epoch) => ({ epoch, phase: "cluster", seconds: 2, scores: {} });
  const lines = [0, 1, 2, 3, 4].map(line);
  const none = { epochs: 0, frames: 0 };
  store.receive(bundle({ epochs: lines.slice(3), ahead: true, live: true, recorded: 5 }), none, null);
  assert.deepEqual([store.numbers, store.unbroken, store.received, store.recorded], [[3, 4], [], 0, 5]);
  assert.equal(store.current?.epoch, 4);
  assert.deepEqual([store.before(4)?.epoch, store.before(3)], [3, null]);
  store.receive(bundle({ epochs: lines.slice(0, 2), live: true, recorded: 5 }), none, null);
  assert.deepEqual([store.numbers, store.received, store.current?.epoch], [[0, 1, 3, 4], 2, 4]);
  assert.deepEqual(
    store.unbroken.map(({ epoch }) => epoch),
    [0, 1],
  );
  assert.equal(store.before(3), null, "what is before it has not come yet");
  store.cursor.seek(2);
  assert.equal(store.current?.epoch, 1, "the nearest one before");
  store.receive(bundle({ epochs: lines.slice(2), live: false, recorded: 5 }), { epochs: 2, frames: 0 }, null);
  assert.deepEqual(
    [store.numbers, store.moments],
    [
      [0, 1, 2, 3, 4],
      [2, 4, 6, 8, 10],
    ],
  );
  assert.deepEqual([store.ahead.size, store.unbroken.length, store.received], [0, 5, 5]);
  assert.deepEqual(
    store.numbers.map((number) => store.entry(number)?.epoch),
    store.numbers,
  );
  assert.deepEqual([store.current?.epoch, store.before(3)?.epoch], [2, 2]);
});

test("frames that come ahead of their turn do not count as had", () => {
  const frames = new ProjectionFrames();
  const frame = (/** @type {number} */ epoch) =>
    /** @type {import("../../core/epochscope/stage/data/types.js").Frame} */ (
      /** @type {unknown} */ ({ epoch, xy: new Int16Array(2), center: [0, 0], scale: 1, box: [0, 1, 0, 1] })
    );
  frames.add([frame(9)], null);
  assert.deepEqual([frames.received, frames.at(9)?.epoch], [0, 9]);
  frames.add([frame(9), frame(0)], 0);
  assert.deepEqual([frames.received, frames.order], [2, [0, 9]]);
});

test("Python's order is carried out once", () => {
  const store = storeWith("d", [0, 1, 2]);
  store.info = /** @type {RunInfo} */ (
    /** @type {unknown} */ ({ index: [5, 6, 7, 8], plan: { pretrain: 3, cluster: 4 } })
  );
  const order = { id: 1, epoch: 1, pick: 2, select: [0, 3] };
  store.execute(order);
  assert.deepEqual([store.current?.epoch, store.picked, store.selection?.count], [1, 2, 2]);
  assert.deepEqual([...(store.selection?.mask ?? [])], [1, 0, 0, 1]);
  store.pick(2);
  store.execute(order);
  assert.equal(store.picked, null);
  store.execute({ id: 2, select: null });
  store.execute({ id: 3, color: "confidence", show: ["pull"], epoch: null });
  assert.deepEqual(
    [store.color, [...store.show], store.showChosen, store.cursor.follow],
    ["confidence", ["pull"], true, true],
  );
  store.execute({ id: 4, color: null, show: [] });
  assert.deepEqual([store.color, store.show.size, store.cursor.follow], [null, 0, true]);
  assert.deepEqual([store.selection, store.planned], [null, 8]);
});

test("listeners hear of what a person chooses", () => {
  const store = storeWith("e", [0]);
  /** @type {string[]} */
  const events = [];
  store.listeners.add((event) => events.push(event));
  store.toggle("pull");
  store.toggle("pull");
  store.hide("class", [1, 2]);
  store.hover(3);
  store.hover(3);
  store.select(Uint8Array.from([0, 0]));
  assert.deepEqual(events, ["view", "view", "view", "hover", "view"]);
  assert.deepEqual([[...store.show], [...store.hiddenIn("class")], store.selection], [[], [1, 2], null]);
  assert.deepEqual([...store.hiddenIn("feature-1")], []);
});

test("changes of parameters and the state of a run follow the last bundle", () => {
  const store = storeWith("f", [0]);
  const change = { epoch: 0, name: "gamma", old: 0.1, new: 0.5 };
  store.receive(bundle({ marks: [change], status: { state: "paused" } }), { epochs: 1, frames: 0 }, null);
  assert.deepEqual([store.paramChanges, store.status.state, store.live], [[change], "paused", true]);
});

test("addresses name the run safely", () => {
  assert.equal(new HttpSource("/base").url("a/b c", "info"), "/base/api/runs/a%2Fb%20c/info");
});
