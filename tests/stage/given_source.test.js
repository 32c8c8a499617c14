/** Runs without a server: bundles that a host hands over reach the store in order, whatever was lost on the way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GivenSource } from "../../core/epochscope/stage/runtime/given_source.js";
import { HttpSource } from "../../core/epochscope/stage/runtime/http_source.js";
import { forgetSource, sourceOf, useSource } from "../../core/epochscope/stage/runtime/source.js";

/** A source, and what it asks its host for. */
function hosted() {
  /** @type {any[]} */
  const wanted = [];
  const source = new GivenSource({ want: (question) => wanted.push(question), get: async () => Response.json(7) });
  return { source, wanted };
}

/** @param {number} number @param {number} from @param {number} to  epochs */
const given = (number, from, to, projection = "pca") => ({
  number,
  projection,
  from: { epochs: from, frames: 0 },
  to: { epochs: to, frames: 0 },
  message: new ArrayBuffer(number),
});
const has = (/** @type {number} */ epochs, projection = "pca") => ({ epochs, frames: 0, projection });

test("bundles that came before anybody asked are answers, in the order of time", async () => {
  const { source, wanted } = hosted();
  for (const one of [given(2, 3, 5), given(1, 0, 3), given(2, 3, 5)]) source.give(one);
  const updates = source.updates("a run");
  const first = await updates.existing(has(0));
  const second = await updates.next(has(3));
  assert.deepEqual([first.message.byteLength, first.asked.epochs], [1, 0]);
  assert.deepEqual([second.message.byteLength, second.asked.epochs], [2, 3]);
  assert.deepEqual(wanted, []);
});

test("what is not there is asked for, and a bundle after a gap waits for the lost one", async () => {
  const { source, wanted } = hosted();
  source.give(given(9, 20, 21));
  const answer = source.updates("a run").next(has(5));
  assert.deepEqual(wanted, [{ ...has(5), now: false }]);
  source.give(given(10, 5, 21));
  assert.equal((await answer).message.byteLength, 10);
  assert.equal(source.take(has(21)), null); // the one after the gap is of no use any more
});

test("a bundle that overlaps what a viewer has is taken, with what it comes after", async () => {
  const { source } = hosted();
  source.give(given(1, 0, 4));
  assert.deepEqual((await source.updates("a run").next(has(2))).asked, { epochs: 0, frames: 0 });
});

test("each projection has bundles of its own", async () => {
  const { source, wanted } = hosted();
  source.give(given(1, 0, 4, "umap"));
  const pca = source.updates("a run").existing(has(4));
  assert.equal(wanted.length, 1);
  assert.equal((await source.updates("a run").existing(has(0, "umap"))).message.byteLength, 1);
  source.give(given(2, 4, 4));
  assert.equal((await pca).message.byteLength, 2); // nothing new, but it was asked what there is
});

test("a question ends with its link", async () => {
  const { source } = hosted();
  const updates = source.updates("a run");
  const answer = updates.next(has(0));
  updates.close();
  await assert.rejects(answer, /closed/);
});

test("a base has the source that it was given, else the server", async () => {
  const { source } = hosted();
  useSource("notebook-1", source);
  assert.equal(sourceOf("notebook-1"), source);
  assert.equal(await (await sourceOf("notebook-1").get("a run", "hues?epoch=1")).json(), 7);
  forgetSource("notebook-1");
  assert(sourceOf("notebook-1") instanceof HttpSource);
  assert.deepEqual([sourceOf("").ownsPage, source.ownsPage], [true, false]);
});
