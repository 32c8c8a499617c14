/**
 * Marks of points that are told apart without colors. Each is a signed distance to its edge, in pixels: below 0 inside. The
 * same lines are JavaScript here and GLSL for the graphics card; a test compares the pixels.
 */

/** The marks by number; those that follow one another look least alike. */
export const FORMS = /** @type {const} */ ([
  "circle",
  "square",
  "up",
  "ring",
  "plus",
  "bar",
  "diamond",
  "cross",
  "down",
  "pillar",
]);

/** @typedef {(typeof FORMS)[number]} Form */

/** How far a mark reaches, in radii, and a pixel beyond where it is pointed; circles reach one, and half a pixel. */
export const REACH = 1.4;
const ROOT = Math.SQRT1_2;

/** @type {(x: number, y: number, r: number) => number} */
const plus = (x, y, r) =>
  Math.min(
    Math.max(Math.abs(x) - 1.3 * r, Math.abs(y) - 0.42 * r),
    Math.max(Math.abs(y) - 1.3 * r, Math.abs(x) - 0.42 * r),
  );
/** @type {(x: number, y: number, r: number) => number} */
const up = (x, y, r) => Math.max(y, 0.866 * Math.abs(x) - 0.5 * y) - 0.7 * r;
/** @type {(x: number, y: number, r: number) => number} */
const bar = (x, y, r) => Math.max(Math.abs(x) - 1.4 * r, Math.abs(y) - 0.5 * r);

/** @type {Record<Form, (x: number, y: number, r: number) => number>}  y points down */
const EDGES = {
  circle: (x, y, r) => Math.hypot(x, y) - r,
  square: (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) - 0.9 * r,
  up,
  ring: (x, y, r) => Math.abs(Math.hypot(x, y) - 0.95 * r) - 0.3 * r,
  plus,
  bar,
  diamond: (x, y, r) => ROOT * (Math.abs(x) + Math.abs(y)) - 0.9 * r,
  cross: (x, y, r) => plus(ROOT * (x + y), ROOT * (x - y), r),
  down: (x, y, r) => up(x, -y, r),
  pillar: (x, y, r) => bar(y, x, r),
};

/** GLSL: `edge(form, at, r)`, the distances above. */
export const EDGE_GLSL = `
float plus_edge(vec2 a, float r) {
  return min(max(a.x - 1.3 * r, a.y - 0.42 * r), max(a.y - 1.3 * r, a.x - 0.42 * r));
}
float edge(int form, vec2 at, float r) {
  vec2 a = abs(at);
  if (form == 1) return max(a.x, a.y) - 0.9 * r;
  if (form == 2) return max(at.y, 0.866 * a.x - 0.5 * at.y) - 0.7 * r;
  if (form == 3) return abs(length(at) - 0.95 * r) - 0.3 * r;
  if (form == 4) return plus_edge(a, r);
  if (form == 5) return max(a.x - 1.4 * r, a.y - 0.5 * r);
  if (form == 6) return ${ROOT} * (a.x + a.y) - 0.9 * r;
  if (form == 7) return plus_edge(abs(${ROOT} * vec2(at.x + at.y, at.x - at.y)), r);
  if (form == 8) return max(-at.y, 0.866 * a.x + 0.5 * at.y) - 0.7 * r;
  if (form == 9) return max(a.y - 1.4 * r, a.x - 0.5 * r);
  return length(at) - r;
}`;

/** How much of a pixel a mark covers, 0 to 1. @param {number} form @param {number} x  from its middle @param {number} y  down @param {number} r */
export const coverage = (form, x, y, r) => Math.min(1, Math.max(0, 0.5 - EDGES[FORMS[form]](x, y, r)));

/**
 * The mark of a group: groups that have the same color have different ones.
 * @param {number} hue  number of its color, beyond the palette where colors repeat
 * @param {number} colors  in the palette
 */
export const formOf = (hue, colors) => (hue + Math.floor(hue / colors)) % FORMS.length;

/** The outline of a mark for SVG, in radii around 0 0; y points down. @type {Record<Form, string>} */
const PATHS = {
  circle: "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0z",
  square: "M-.9 -.9h1.8v1.8h-1.8z",
  up: "M0 -1.4L1.212 .7H-1.212z",
  ring: "M-1.25 0a1.25 1.25 0 1 0 2.5 0a1.25 1.25 0 1 0 -2.5 0zM-.65 0a.65 .65 0 1 1 1.3 0a.65 .65 0 1 1 -1.3 0z",
  plus: "M-.42 -1.3h.84v.88h.88v.84h-.88v.88h-.84v-.88h-.88v-.84h.88z",
  bar: "M-1.4 -.5h2.8v1h-2.8z",
  diamond: "M0 -1.273L1.273 0L0 1.273L-1.273 0z",
  cross:
    "M0 -.594L.622 -1.216L1.216 -.622L.594 0L1.216 .622L.622 1.216L0 .594L-.622 1.216L-1.216 .622L-.594 0L-1.216 -.622L-.622 -1.216z",
  down: "M0 1.4L1.212 -.7H-1.212z",
  pillar: "M-.5 -1.4h1v2.8h-1z",
};

/** A mark as a part of an SVG picture. @param {number} form @param {number} x @param {number} y @param {number} r */
export function formAsSvg(form, x, y, r) {
  if (!form) return `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${r.toFixed(2)}"/>`;
  return `<path transform="translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${r.toFixed(2)})" d="${PATHS[FORMS[form]]}"/>`;
}
