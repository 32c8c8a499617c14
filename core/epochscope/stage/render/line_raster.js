/** Thin straight lines into a picture, blended pixel by pixel: twenty thousand of them at every frame. */

/**
 * One line of one pixel's width.
 * @param {Uint32Array} pixels  of a picture of `width` x `height`
 * @param {number} width
 * @param {number} height
 * @param {number} x0  pixels
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} color  packed as in Dots; its top byte is not read
 * @param {number} opacity  1 .. 255
 */
export function drawLine(pixels, width, height, x0, y0, x1, y1, color, opacity) {
  let dx = x1 - x0;
  let dy = y1 - y0;
  // Liang-Barsky: what lies in the picture goes from part t0 to part t1 of the line
  let t0 = 0;
  let t1 = 1;
  for (let side = 0; side < 4; side++) {
    const p = side === 0 ? -dx : side === 1 ? dx : side === 2 ? -dy : dy;
    const q = side === 0 ? x0 : side === 1 ? width - 1 - x0 : side === 2 ? y0 : height - 1 - y0;
    if (p === 0) {
      if (q < 0) return;
    } else if (p < 0) t0 = Math.max(t0, q / p);
    else t1 = Math.min(t1, q / p);
  }
  if (!(t0 <= t1)) return;
  let x = x0 + t0 * dx;
  let y = y0 + t0 * dy;
  dx *= t1 - t0;
  dy *= t1 - t0;
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
  dx /= steps;
  dy /= steps;
  const rb = (color & 0xff00ff) * opacity;
  const g = (color & 0x00ff00) * opacity;
  const rest = 256 - opacity;
  for (let i = 0; i <= steps; i++, x += dx, y += dy) {
    const at = ((y + 0.5) | 0) * width + ((x + 0.5) | 0);
    const under = pixels[at];
    pixels[at] =
      0xff000000 |
      (((rb + (under & 0xff00ff) * rest) >>> 8) & 0xff00ff) |
      (((g + (under & 0x00ff00) * rest) >>> 8) & 0x00ff00);
  }
}

/**
 * Fills a picture with the color of the nearest of some places; NaN places are ignored.
 * @param {Uint32Array} pixels  of a picture of `width` x `height`
 * @param {number} width
 * @param {number} height
 * @param {ArrayLike<number>} places  x0 y0 x1 y1 ... in pixels
 * @param {number[]} colors  packed, one for each place
 */
export function fillNearest(pixels, width, height, places, colors) {
  const SIDE = 2; // pixels that share an answer
  const k = colors.length;
  for (let y = 0; y < height; y += SIDE) {
    for (let x = 0; x < width; x += SIDE) {
      let best = -1;
      let least = Infinity;
      for (let c = 0; c < k; c++) {
        const distance = (places[2 * c] - x) ** 2 + (places[2 * c + 1] - y) ** 2;
        if (distance < least) [least, best] = [distance, c];
      }
      if (best < 0) return;
      const color = colors[best];
      const at = y * width + x;
      const right = x + 1 < width;
      pixels[at] = color;
      if (right) pixels[at + 1] = color;
      if (y + 1 < height) {
        pixels[at + width] = color;
        if (right) pixels[at + width + 1] = color;
      }
    }
  }
}
