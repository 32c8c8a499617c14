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

/** How much light a color gives off, 0 to 1, as WCAG 2 counts it. @param {string} color */
function light(color) {
  const [red, green, blue] = rgba(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two opaque colors by WCAG 2: from 1 to 21. @param {string} one @param {string} other */
export function contrast(one, other) {
  const [a, b] = [light(one), light(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const [BLACK, WHITE] = ["#000000", "#ffffff"]; // one of them has a contrast of 4.58 at least

/** Black or white, whichever reads better on a color. @param {string} color */
export const inkOn = (color) => (contrast(color, BLACK) > contrast(color, WHITE) ? BLACK : WHITE);

/**
 * A color as text: nearer to black or white, until it can be read on the ground.
 * @param {string} color
 * @param {string} ground
 * @param {number} least  contrast
 */
export function readable(color, ground, least = 4.5) {
  const end = rgba(inkOn(ground));
  const own = rgba(color);
  for (let step = 0; step <= 20; step++) {
    const parts = [0, 1, 2].map((i) => Math.round(own[i] + ((end[i] - own[i]) * step) / 20));
    const text = `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    if (contrast(text, ground) >= least) return text;
  }
  return inkOn(ground);
}

/** A color as the low three bytes of a pixel (BGR, as canvas memory has them). @param {string} color */
export const packed = (color) => {
  const [red, green, blue] = rgba(color);
  return ((blue << 16) | (green << 8) | red) >>> 0;
};
