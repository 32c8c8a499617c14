/** Colors as numbers, and as text again. */

/** @typedef {[red: number, green: number, blue: number, alpha: number]} Rgba  each 0..255 */

/** @type {Map<string, Rgba>} */
const parsed = new Map();
/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/**
 * Any CSS color as numbers. Hexadecimal colors need no browser.
 * @param {string} color
 * @returns {Rgba}
 */
export function rgba(color) {
  const known = parsed.get(color);
  if (known) return known;
  const numbers = /^#[0-9a-f]{6}$/i.test(color) ? fromHex(color) : fromCanvas(color);
  parsed.set(color, numbers);
  return numbers;
}

/** @param {string} color @returns {Rgba} */
const fromHex = (color) => {
  const number = Number.parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255, 255];
};

/** @param {string} color @returns {Rgba} */
function fromCanvas(color) {
  probe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!probe) throw new Error("This browser draws no canvas.");
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = "#888";
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha];
}

/** A color with another opacity. @param {string} color @param {number} opacity  0 to 1 */
export const alpha = (color, opacity) => `rgba(${rgba(color).slice(0, 3).join(",")},${opacity})`;

/** How bright a color looks, 0 to 255. @param {Rgba} color */
export const luma = ([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** Black or white, whichever reads better on a color. @param {string} color */
export const inkOn = (color) => (luma(rgba(color)) > 140 ? "#111418" : "#ffffff");

/** A color as the low three bytes of a pixel (BGR, as canvas memory has them). @param {string} color */
export const packed = (color) => {
  const [red, green, blue] = rgba(color);
  return ((blue << 16) | (green << 8) | red) >>> 0;
};
