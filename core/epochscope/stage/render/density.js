/** How many points lie on each pixel, as tones: for so many points that dots would only cover each other. */

/** @typedef {{counts: Uint32Array, most: number}} Counts  of each pixel, row by row */

/**
 * Counts the points on each pixel.
 * @param {Float32Array} xy  positions in pixels of the picture, x0 y0 x1 y1 ...
 * @param {Uint8Array} layer  0: the point is hidden
 * @param {number} width
 * @param {number} height
 * @returns {Counts}
 */
export function countPoints(xy, layer, width, height) {
  const counts = new Uint32Array(width * height);
  let most = 0;
  for (let i = 0; i < layer.length; i++) {
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (!layer[i] || !(x >= 0 && y >= 0 && x < width && y < height)) continue;
    const here = ++counts[Math.floor(y) * width + Math.floor(x)];
    if (here > most) most = here;
  }
  return { counts, most };
}

/**
 * Mixes ink into a picture, on a logarithmic scale: none where there is no point, all but a fifth where there are most.
 * @param {Uint32Array} pixels  packed
 * @param {Counts} counted
 * @param {number} ink  packed color
 */
export function paintDensity(pixels, { counts, most }, ink) {
  const rb = ink & 0xff00ff;
  const g = ink & 0x00ff00;
  const unit = 205 / Math.log1p(Math.max(1, most)); // of 256
  for (let at = 0; at < counts.length; at++) {
    if (!counts[at]) continue;
    const a = Math.round(unit * Math.log1p(counts[at]));
    const under = pixels[at];
    const b = 256 - a;
    pixels[at] =
      (0xff000000 |
        (((rb * a + (under & 0xff00ff) * b) >>> 8) & 0xff00ff) |
        (((g * a + (under & 0x00ff00) * b) >>> 8) & 0x00ff00)) >>>
      0;
  }
}
