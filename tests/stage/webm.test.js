/** A WebM file, read back element by element. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { webm } from "../../core/epochscope/stage/data/webm.js";

const PARENTS = new Set([
  0x1a45dfa3, 0x18538067, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0x1c53bb6b, 0xbb, 0xb7, 0x1f43b675,
]);

/**
 * @typedef {{id: number, at: number, content: Uint8Array, parts: Found[]}} Found
 * @param {Uint8Array} bytes
 * @param {number} start
 * @returns {Found[]}
 */
function elements(bytes, start = 0) {
  const found = [];
  let at = 0;
  /** A number whose first byte says how long it is. @param {boolean} whole  with the bit that says so */
  const number = (whole) => {
    const first = bytes[at];
    let length = 1;
    while (length < 8 && !(first & (0x80 >> (length - 1)))) length++;
    let value = whole ? first : first & (0xff >> length);
    for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i];
    at += length;
    return value;
  };
  while (at < bytes.length) {
    const place = start + at;
    const id = number(true);
    const size = number(false);
    const content = bytes.subarray(at, at + size);
    assert.equal(content.length, size, "an element ends beyond its parent");
    found.push({ id, at: place, content, parts: PARENTS.has(id) ? elements(content, start + at) : [] });
    at += size;
  }
  return found;
}

/** @param {Found[]} parts @param {number} id */
const all = (parts, id) => parts.filter((part) => part.id === id);
/** @param {Found[]} parts @param {number[]} path @returns {Found} */
const one = (parts, ...path) => path.slice(1).reduce((found, id) => all(found.parts, id)[0], all(parts, path[0])[0]);
/** @param {Found} found */
const value = ({ content }) => content.reduce((sum, byte) => sum * 256 + byte, 0);

const FRAMES = [0, 33, 67, 2000, 2033, 40_000].map((at, i) => ({
  at,
  key: at === 0 || at === 2000,
  bytes: Uint8Array.from({ length: 5 + i }, (_, j) => i + j),
}));
const FILE = elements(webm({ codec: "V_VP8", width: 642, height: 360, duration: 40_033, frames: FRAMES }));

test("the head says what it is, the track how large its pictures are", () => {
  assert.equal(new TextDecoder().decode(one(FILE, 0x1a45dfa3, 0x4282).content), "webm");
  const track = one(FILE, 0x18538067, 0x1654ae6b, 0xae);
  assert.equal(new TextDecoder().decode(one(track.parts, 0x86).content), "V_VP8");
  assert.deepEqual([value(one(track.parts, 0xe0, 0xb0)), value(one(track.parts, 0xe0, 0xba))], [642, 360]);
  const { content } = one(FILE, 0x18538067, 0x1549a966, 0x4489);
  assert.equal(new DataView(content.buffer, content.byteOffset).getFloat64(0), 40_033);
});

test("every frame is there at its time, and clusters begin where one needs no other or time has run out", () => {
  const clusters = all(one(FILE, 0x18538067).parts, 0x1f43b675);
  assert.deepEqual(
    clusters.map((cluster) => value(one(cluster.parts, 0xe7))),
    [0, 2000, 40_000],
  );
  const read = clusters.flatMap((cluster) =>
    all(cluster.parts, 0xa3).map(({ content }) => ({
      at: value(one(cluster.parts, 0xe7)) + content[1] * 256 + content[2],
      key: content[3] === 0x80,
      bytes: content.slice(4),
    })),
  );
  assert.deepEqual(read, FRAMES);
});

test("the index names the places of the clusters", () => {
  const segment = one(FILE, 0x18538067);
  const start = segment.at + 12; // its id and its length
  const named = all(one(FILE, 0x18538067, 0x1c53bb6b).parts, 0xbb).map(({ parts }) => [
    value(one(parts, 0xb3)),
    start + value(one(parts, 0xb7, 0xf1)),
  ]);
  const clusters = all(segment.parts, 0x1f43b675);
  assert.deepEqual(
    named,
    clusters.map((cluster) => [value(one(cluster.parts, 0xe7)), cluster.at]),
  );
});
