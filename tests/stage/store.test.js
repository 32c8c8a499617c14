/** The store of a run: what the address line says, what Python asks for, what a person chooses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../core/epochscope/stage/data/bundle.js";
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
