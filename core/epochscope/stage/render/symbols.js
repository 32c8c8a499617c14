/** Marks of points as Plotly draws them: their shapes are those of its documentation, in radii of the given size. */

import { entryOf } from "../data/errors.js";

/** @typedef {(context: CanvasRenderingContext2D, radius: number) => void} Shape  adds a mark at the origin to the path */

/** @param {number[][]} corners @returns {Shape} */
const polygon =
  (...corners) =>
  (context, radius) => {
    for (const [i, [x, y]] of corners.entries()) {
      if (i) context.lineTo(x * radius, y * radius);
      else context.moveTo(x * radius, y * radius);
    }
    context.closePath();
  };
/** @param {number[][]} ends @returns {Shape} */
const lines =
  (...ends) =>
  (context, radius) => {
    for (const [x0, y0, x1, y1] of ends) {
      context.moveTo(x0 * radius, y0 * radius);
      context.lineTo(x1 * radius, y1 * radius);
    }
  };
const cross = 0.8 / Math.SQRT2;
const thin = 1.4 / Math.SQRT2;
const [side, back] = [2 * Math.cos(Math.PI / 2.5), 2 * Math.sin(Math.PI / 2.5)];
const star = Array.from({ length: 10 }, (_, i) => {
  const [angle, reach] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 ? 1.4 * 0.382 : 1.4];
  return [reach * Math.cos(angle), reach * Math.sin(angle)];
});

const CROSS = [
  [0, 1],
  [1, 2],
  [2, 1],
  [1, 0],
  [2, -1],
  [1, -2],
  [0, -1],
  [-1, -2],
  [-2, -1],
  [-1, 0],
  [-2, 1],
  [-1, 2],
];

/** @type {Record<string, Shape>} */
const SHAPES = {
  circle: (context, radius) => context.arc(0, 0, radius, 0, 2 * Math.PI),
  diamond: polygon([1.3, 0], [0, 1.3], [-1.3, 0], [0, -1.3]),
  arrow: polygon([0, 0], [-back, side], [-back, -side]), // its tip is the point, it points to the right
  star: polygon(...star),
  x: polygon(...CROSS.map((corner) => corner.map((part) => part * cross))),
  "line-ew": lines([-1.4, 0, 1.4, 0]),
  "x-thin": lines([thin, thin, -thin, -thin], [thin, -thin, -thin, thin]),
};
const OPEN = new Set(["line-ew", "x-thin"]);

/** Whether a mark of that name can be drawn. @param {string} symbol */
export const isSymbol = (symbol) => Object.hasOwn(SHAPES, symbol);

/**
 * Draws a mark. Throws UnknownValue if there is none of that name.
 * @param {CanvasRenderingContext2D} context
 * @param {string} symbol
 * @param {number} x
 * @param {number} y
 * @param {{size: number, color: string, edge?: {width?: number, color?: string}}} look
 * @param {number} heading  the direction that an arrow has, in radians
 */
export function drawSymbol(context, symbol, x, y, { size, color, edge }, heading = 0) {
  const trace = entryOf(SHAPES, symbol, "symbol");
  context.save();
  context.translate(x, y);
  if (symbol === "arrow") context.rotate(heading);
  context.beginPath();
  trace(context, size / 2);
  if (!OPEN.has(symbol)) {
    context.fillStyle = color;
    context.fill();
  }
  if (edge?.width) {
    context.strokeStyle = edge.color ?? color;
    context.lineWidth = edge.width;
    context.stroke();
  }
  context.restore();
}
