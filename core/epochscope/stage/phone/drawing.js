/** What a phone draws of its seed: the codes as dots, and the curve of its ACC among those of all seeds. */
import { contextOf } from "../base/dom.js";
import { tr } from "../data/language.js";

/**
 * @typedef {object} Training  core/epochscope/classroom/words.py
 * @property {string} state
 * @property {string} message
 * @property {number} epochs
 * @property {string[]} variants
 * @property {(number | null)[][]} curves  of each variant
 * @property {(number | null)[][]} range  the lowest and the highest of all seeds
 * @property {string} [places]
 * @property {string} [labels]
 */

const SVG = "http://www.w3.org/2000/svg";
const NONE = 255; // the label of a point in no cluster
const WIDTH = 320;
const HEIGHT = 130;
const LEFT = 34;
const BOTTOM = 18;

/** @param {string} text */
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * The codes of a seed, colored by cluster.
 * @param {HTMLCanvasElement} canvas @param {Training} training @param {string[]} palette @param {string} faint
 */
export function drawDots(canvas, { places = "", labels = "" }, palette, faint) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || 300;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = contextOf(canvas);
  context.clearRect(0, 0, side, side);
  const at = new Int8Array(bytesOf(places).buffer);
  const groups = bytesOf(labels);
  const radius = side / 90;
  const half = side / 2 - radius;
  for (let i = 0; i < groups.length; i++) {
    context.fillStyle = groups[i] === NONE ? faint : palette[groups[i] % palette.length];
    context.beginPath();
    context.arc(side / 2 + (at[2 * i] / 127) * half, side / 2 - (at[2 * i + 1] / 127) * half, radius, 0, 7);
    context.fill();
  }
}

/**
 * @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text]
 */
function drawn(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  element.textContent = text;
  return element;
}

/** The last number of a curve; null before there is one. @param {(number | null)[]} curve */
export const lastOf = (curve) => curve.findLast((one) => one !== null) ?? null;

/** Where a picture of these curves begins, and the tenths that all lie between. @param {Training} training */
export function extent({ curves, range }) {
  const start = Math.max(
    0,
    range[0].findIndex((one) => one !== null),
  );
  const there = [...curves, ...range].flat().filter((one) => one !== null);
  const low = Math.floor(10 * Math.min(...there) + 1e-9) / 10;
  return { start, low, high: Math.max(low + 0.1, Math.ceil(10 * Math.max(...there) - 1e-9) / 10) };
}

/**
 * The curve, or one for each variant, within the range of all seeds.
 * @param {SVGSVGElement} picture @param {Training} training
 */
export function drawCurves(picture, training) {
  const { curves, range } = training;
  const { start, low, high } = extent(training);
  const last = range[0].length - 1;
  /** @param {number} epoch */
  const x = (epoch) => LEFT + ((WIDTH - LEFT - 4) * (epoch - start)) / Math.max(1, last - start);
  /** @param {number} value */
  const y = (value) => 8 + (HEIGHT - BOTTOM - 8) * (1 - (value - low) / (high - low));
  /** @param {(number | null)[]} curve */
  const path = (curve) => curve.flatMap((one, i) => (one === null ? [] : [`${x(i).toFixed(1)},${y(one).toFixed(1)}`]));
  const parts = [low, (low + high) / 2, high].flatMap((one) => [
    drawn("line", { x1: LEFT, x2: WIDTH - 4, y1: y(one), y2: y(one), class: "grid" }),
    drawn("text", { x: LEFT - 6, y: y(one) + 4, "text-anchor": "end" }, `${Number(one.toFixed(2))}`),
  ]);
  parts.push(drawn("text", { x: LEFT, y: HEIGHT - 3 }, `${start}`));
  parts.push(drawn("text", { x: WIDTH - 4, y: HEIGHT - 3, "text-anchor": "end" }, tr("epoch {n}", { n: last })));
  const band = [...path(range[0]), ...path(range[1]).reverse()];
  if (band.length) parts.push(drawn("polygon", { points: band.join(" "), class: "band" }));
  for (const [i, curve] of curves.entries())
    parts.push(drawn("polyline", { points: path(curve).join(" "), class: `curve of-${curves.length - 1 - i}` }));
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.replaceChildren(...parts);
}
