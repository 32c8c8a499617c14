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

/**
 * Mixes ink into a picture as strong as the tones of a grid say, which is stretched over a part of it.
 * @param {Uint32Array} pixels  packed, of a picture of `width` x `height`
 * @param {number} width
 * @param {number} height
 * @param {{tones: Uint8Array, columns: number, rows: number}} grid  255: all but a fifth of the color is ink
 * @param {{left: number, top: number, wide: number, high: number}} place  of the grid, in pixels
 * @param {number} ink  packed color
 */
export function paintTones(pixels, width, height, { tones, columns, rows }, { left, top, wide, high }, ink) {
  const rb = ink & 0xff00ff;
  const g = ink & 0x00ff00;
  const [x0, x1] = [Math.max(0, Math.floor(left)), Math.min(width, Math.ceil(left + wide))];
  const [y0, y1] = [Math.max(0, Math.floor(top)), Math.min(height, Math.ceil(top + high))];
  const [stepX, stepY] = [columns / wide, rows / high];
  for (let y = y0; y < y1; y++) {
    const v = Math.min(rows - 1, Math.max(0, (y + 0.5 - top) * stepY - 0.5));
    const upper = Math.floor(v);
    const lower = Math.min(rows - 1, upper + 1);
    const down = v - upper;
    for (let x = x0; x < x1; x++) {
      const u = Math.min(columns - 1, Math.max(0, (x + 0.5 - left) * stepX - 0.5));
      const near = Math.floor(u);
      const far = Math.min(columns - 1, near + 1);
      const right = u - near;
      const above = tones[upper * columns + near] * (1 - right) + tones[upper * columns + far] * right;
      const below = tones[lower * columns + near] * (1 - right) + tones[lower * columns + far] * right;
      const a = ((above * (1 - down) + below * down) * 0.8) | 0;
      if (!a) continue;
      const at = y * width + x;
      const under = pixels[at];
      const b = 256 - a;
      pixels[at] =
        (0xff000000 |
          (((rb * a + (under & 0xff00ff) * b) >>> 8) & 0xff00ff) |
          (((g * a + (under & 0x00ff00) * b) >>> 8) & 0x00ff00)) >>>
        0;
    }
  }
}
