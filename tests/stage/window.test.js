/** Arrays of a long run: asked for around the cursor, kept up to a bound, forgotten when they are far from it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../core/epochscope/stage/data/bundle.js";
import { RunData } from "../../core/epochscope/stage/runtime/run_data.js";
import { Window } from "../../core/epochscope/stage/runtime/window.js";

const [EPOCHS, POINTS, NAME] = [60, 100, "pca-0123456789"];

/** A bundle with arrays. @param {any} header @param {Uint8Array[]} parts  each as long as a multiple of 8 */
function bundle(header, parts = []) {
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + " ".repeat((8 - (json.length % 8)) % 8));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(8 + text.length + size);
  bytes.set(new TextEncoder().encode("EPB1"));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}

/** What the server answers: labels and places that tell their epoch. @param {number[]} epochs */
function arrays(epochs) {
  const [labels, frame] = [104, 400];
  const at = (/** @type {number} */ i) => i * (labels + frame);
  const header = {
    epochs: epochs.map((epoch, i) => ({ epoch, at: { labels: [at(i), POINTS] } })),
    frames: epochs.map((epoch, i) => ({ epoch, at: [at(i) + labels, frame], center: [0, 0], scale: 1, seconds: 0 })),
  };
  const parts = epochs.flatMap((epoch) => [
    new Uint8Array(labels).fill(epoch),
    new Uint8Array(new Int16Array(2 * POINTS).fill(epoch).buffer),
  ]);
  return bundle(header, parts);
}

/** A store of a run whose arrays stay apart, and what it asked for. */
class LongRun extends RunData {
  cursor = { direction: /** @type {1 | -1} */ (1) };
  links = new Map([[NAME, null]]);
  /** @type {number[][]} */
  asked = [];
  place = 0;
  news = 0;

  /** @param {boolean} [away]  whether the server is */
  constructor(away = false) {
    super();
    this.away = away;
    this.info = /** @type {any} */ ({ channels: { labels: "group" }, line_numbers: {} });
    const apart = { labels: POINTS };
    const lines = Array.from({ length: EPOCHS }, (_, epoch) => ({ epoch, seconds: 1, at: {}, apart }));
    const frames = lines.map(({ epoch }) => ({ epoch, apart: 400, center: [0, 0], scale: 1, seconds: 0 }));
    this.take(decode(bundle({ epochs: lines, frames, live: false })), { epochs: 0, frames: 0 }, NAME);
  }

  get current() {
    return this.epochs[this.place] ?? null;
  }

  /** @param {string} path */
  async get(path) {
    if (this.away) throw new Error("away");
    const epochs = (new URLSearchParams(path.split("?")[1]).get("epochs") ?? "").split(",").map(Number);
    this.asked.push(epochs);
    return new Response(arrays(epochs));
  }

  emit() {
    this.news++;
  }
}

/** Lets a window fetch all it wants. @param {Window} window @param {{asked: number[][]}} store */
async function settled(window, store) {
  for (let before = -1; before !== store.asked.length; ) {
    before = store.asked.length;
    window.look();
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Epochs whose arrays are there. @param {RunData} store */
const there = (store) =>
  store.epochs
    .filter((entry) => entry.labels && store.framesOf(NAME)?.frames.get(entry.epoch)?.xy.length)
    .map((one) => one.epoch);

test("lines come whole, arrays of the epoch shown first, then those around it up to the bound", async () => {
  const store = new LongRun();
  const window = new Window(store);
  window.most = 12 * 500;
  store.place = 30;
  assert.deepEqual([store.epochs.length, there(store).length, store.framesOf(NAME)?.at(30)], [EPOCHS, 0, null]);
  await settled(window, store);
  assert.deepEqual(store.asked[0], [30, 29]);
  const found = there(store);
  assert.equal(found.length, 12);
  assert.ok(found.includes(30) && Math.min(...found) >= 25 && Math.max(...found) <= 40, `${found}`);
  assert.ok(found.filter((epoch) => epoch > 30).length > found.filter((epoch) => epoch < 30).length, "more ahead");
  assert.equal(store.entry(33)?.labels?.[5], 33);
  assert.equal(store.framesOf(NAME)?.frames.get(33)?.xy[7], 33);
  assert.ok(store.news > 0);
});

test("what is far from the cursor is forgotten, and asked for again", async () => {
  const store = new LongRun();
  const window = new Window(store);
  window.most = 8 * 500;
  store.place = 10;
  await settled(window, store);
  store.place = 50;
  store.cursor.direction = -1;
  await settled(window, store);
  const found = there(store);
  assert.equal(found.length, 8);
  assert.ok(Math.min(...found) > 40, `${found}`);
  assert.equal(store.entry(10)?.labels, null);
  assert.equal(store.framesOf(NAME)?.at(10)?.epoch, Math.min(...found), "the nearest frame that is there");
  store.place = 10;
  await settled(window, store);
  assert.equal(store.entry(10)?.labels?.[0], 10);
});

test("an epoch that came ahead with its arrays keeps them when its line comes in its turn", () => {
  const store = new LongRun();
  store.put(decode(arrays([4])), NAME);
  const again = { epochs: [{ epoch: 4, seconds: 1, at: {}, apart: { labels: POINTS } }], frames: [], live: false };
  store.received = 4;
  store.take(decode(bundle(again)), { epochs: 4, frames: 0 }, NAME);
  assert.equal(store.entry(4)?.labels?.[0], 4);
});

test("a server that is away is not asked in a loop", async () => {
  const store = new LongRun(true);
  const window = new Window(store);
  window.look();
  await new Promise((done) => setTimeout(done, 5));
  window.look();
  assert.equal(store.asked.length, 0);
  assert.equal(there(store).length, 0);
});
