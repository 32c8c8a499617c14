/** Points by keyboard: arrow keys go to the nearest point in that direction, and what hovering tells is told. */

import { make, setAttributes, setText } from "../base/dom.js";
import { FocusOrigin } from "../base/roving.js";
import { tr } from "../data/language.js";
import { linesOf, pick } from "./pointer.js";

/** @import { Line } from "../base/tooltip.js" */
/** @import { PointsPanel } from "./points_panel.js" */

/** @type {Record<string, [x: number, y: number]>}  y points down */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NAME = tr("Points. Arrow keys go from point to point, Enter picks one, Escape leaves them");

/**
 * The nearest point in a direction, within 45 degrees of it; where there is none, the nearest on that side.
 * @param {ArrayLike<number>} xy  x0 y0 x1 y1 ...; y points down
 * @param {(point: number) => unknown} counts  whether a point counts
 * @param {[x: number, y: number]} from
 * @param {[x: number, y: number]} direction  of length 1, along an axis
 * @returns {number | null}
 */
export function nextPoint(xy, counts, [x, y], [dx, dy]) {
  let best = null;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; 2 * i < xy.length; i++) {
    const [right, down] = [xy[2 * i] - x, xy[2 * i + 1] - y];
    const along = right * dx + down * dy;
    const across = Math.abs(right * dy - down * dx);
    if (!(along > 1e-6) || !counts(i)) continue;
    const cost = Math.hypot(along, across) + (across > along ? 1e9 : 0);
    if (cost < least) [least, best] = [cost, i];
  }
  return best;
}

/** The point nearest to a place. @param {ArrayLike<number>} xy @param {(point: number) => unknown} counts @param {[number, number]} at */
export function nearestPoint(xy, counts, [x, y]) {
  let best = null;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; 2 * i < xy.length; i++) {
    const distance = (xy[2 * i] - x) ** 2 + (xy[2 * i + 1] - y) ** 2;
    if (distance < least && counts(i)) [least, best] = [distance, i];
  }
  return best;
}

/** "point 12, class 3, cluster 7, confidence 0.98". @param {Line[]} lines */
export const spokenLines = (lines) => lines.map(([name, value]) => (name ? `${name} ${value}` : `${value}`)).join(", ");

/** @param {PointsPanel} panel */
export function listenForArrows(panel) {
  const { gd, store } = panel;
  const origin = new FocusOrigin(gd);
  const voice = make("p", "es-words", { role: "status" });
  panel.root.append(voice);
  gd.tabIndex = 0;
  setAttributes(gd, { role: "application", "aria-label": NAME });
  gd.addEventListener("keydown", (event) => {
    if (event.target !== gd || !origin.byKeyboard || event.ctrlKey || event.altKey || event.metaKey) return;
    const direction = DIRECTIONS[event.key];
    if (direction) go(panel, direction, voice);
    else if (event.key === "Enter" && store.hovered !== null) pick(panel, store.hovered);
    else if (event.key === "Escape" && store.hovered !== null) leave(panel);
    else return;
    event.preventDefault();
    event.stopPropagation(); // arrow keys move the cursor of the page elsewhere
  });
  gd.addEventListener("focusout", () => leave(panel));
}

/** @param {PointsPanel} panel */
function leave({ store, tooltip }) {
  store.hover(null);
  tooltip.hide();
}

/** @param {PointsPanel} panel @param {[number, number]} direction @param {HTMLElement} voice */
function go(panel, direction, voice) {
  const { store, view, layer, painter, tooltip } = panel;
  if (!view) return;
  const { W, H, dpr, left, top } = view;
  const xy = painter.scratch;
  /** @param {number} i */
  const counts = (i) => layer[i] && xy[2 * i] >= 0 && xy[2 * i] <= W && xy[2 * i + 1] >= 0 && xy[2 * i + 1] <= H;
  const now = store.hovered ?? store.picked;
  const known = now !== null && counts(now);
  const point = known
    ? nextPoint(xy, counts, [xy[2 * now], xy[2 * now + 1]], direction)
    : nearestPoint(xy, counts, [W / 2, H / 2]);
  if (point === null) return setText(voice, tr("No other point in this direction."));
  const lines = linesOf(panel, point);
  store.hover(point);
  tooltip.show(left + xy[2 * point] / dpr, top + xy[2 * point + 1] / dpr, lines, store, point);
  setText(voice, spokenLines(lines));
}
