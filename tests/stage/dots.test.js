/** Dots in a picture: those in its middle take a shorter way, and look the same as those that an edge cuts off. */
import assert from "node:assert/strict";
import { test } from "node:test";

class Pixels {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
}
Object.assign(globalThis, { ImageData: Pixels });
const { Dots } = await import("../../core/epochscope/stage/render/dots.js");

const SIZE = 24;

/** @param {number} size @param {number} shift  of all dots */
function picture(size, shift) {
  const dots = new Dots();
  dots.resize(size, size);
  dots.clear(0xffffff);
  const xy = Float32Array.from(
    [3.1, 4.7, 11.9, 12.2, 12.6, 11.3, 23.4, 2.2, 0.2, 23.9, 5.5, 23.1],
    (place) => place + shift,
  );
  const color = Uint32Array.from([0xff2040c0, 0x80c04020, 0x6010a030, 0x9020c040, 0xff000000, 0x30ff00ff]);
  for (const radius of [1.2, 3.4]) dots.draw(xy, color, Uint8Array.of(2, 2, 2, 2, 2, 2), 2, radius);
  return dots.pixels;
}

test("a dot looks the same in the middle of a picture and where an edge cuts it off", () => {
  const small = picture(SIZE, 0);
  const large = picture(SIZE + 40, 20);
  const part = Uint32Array.from(small, (_, i) => large[(Math.floor(i / SIZE) + 20) * (SIZE + 40) + (i % SIZE) + 20]);
  assert.deepEqual(small, part);
  assert.ok(new Set(small).size > 20, "there are dots, and smooth ones");
});
