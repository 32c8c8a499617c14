/** Actions of the pointer on the points: hover, pick, select with a box or a lasso. */
import { describe } from "../base/tooltip.js";

/** @import { Place } from "../base/plot_panel.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @typedef {{x: number[], y: number[]}} Outline  of a selection, in the plane */

const NEAR = 12; // CSS pixels
const MOST = 5000; // indices of a selection that travel to Python

/** @param {PointsPanel} panel */
export function listenForPoints(panel) {
  const { gd, store } = panel;
  gd.addEventListener("pointermove", (event) => hover(panel, event));
  gd.addEventListener("pointerleave", () => {
    store.hover(null);
    panel.tooltip.hide();
  });
  panel.onClick((at) => {
    const point = nearest(panel, at);
    if (point === null) return;
    store.pick(point);
    if (store.picked === null) return;
    const index = store.info?.index[point] ?? point;
    panel.setTriggerValue?.("pick", { point, index, epoch: panel.shown?.frame.epoch });
  });
}

/** Box and lasso are Plotly's. @param {PointsPanel} panel */
export function listenForSelections(panel) {
  const { gd } = panel;
  gd.on("plotly_selected", (event) => {
    if (!event?.range && !event?.lassoPoints) return;
    select(panel, event.lassoPoints ? inLasso(event.lassoPoints) : inBox(event.range));
    panel.Plotly.relayout(gd, { selections: [] }); // the outline would stay while the points move on
  });
}

/** @param {PointsPanel} panel @param {PointerEvent} event */
function hover(panel, event) {
  const { store, shown, tooltip } = panel;
  const at = event.buttons ? null : panel.pointer(event);
  const free = !(event.target instanceof Element && event.target.closest(".legend,.modebar"));
  const point = at && free ? nearest(panel, at) : null;
  store.hover(point);
  panel.gd.style.setProperty("--es-cursor", point === null ? "" : "pointer");
  if (at === null || point === null) return tooltip.hide();
  const lines = describe(
    store,
    point,
    shown?.entry ?? null,
    (group) => panel.color(group),
    (c) => panel.clusterColor(c, shown?.entry),
  );
  tooltip.show(at.x, at.y, lines, store, point);
}

/** The visible point nearest to a place in the plot, if it is near. @param {PointsPanel} panel @param {Place} at */
function nearest({ scratch, layer, view, shown }, { px, py }) {
  if (!shown || !view) return null;
  let best = null;
  let least = (NEAR * view.dpr) ** 2;
  const [x, y] = [px * view.dpr, py * view.dpr];
  for (let i = 0; i < layer.length; i++) {
    if (!layer[i]) continue;
    const distance = (scratch[2 * i] - x) ** 2 + (scratch[2 * i + 1] - y) ** 2;
    if (distance <= least) [least, best] = [distance, i];
  }
  return best;
}

/** Selects the visible points that lie inside. @param {PointsPanel} panel @param {(x: number, y: number) => boolean} inside */
function select({ store, shown, layer, setTriggerValue }, inside) {
  if (!shown) return;
  const mask = new Uint8Array(shown.to.length >> 1);
  const indices = [];
  for (let i = 0; i < mask.length; i++) {
    if (!layer[i] || !inside(shown.to[2 * i], shown.to[2 * i + 1])) continue;
    mask[i] = 1;
    if (indices.length < MOST) indices.push(store.info?.index[i] ?? i);
  }
  store.select(mask);
  setTriggerValue?.("select", { count: store.selection?.count ?? 0, indices, epoch: shown.frame.epoch });
}

/** @param {Outline} box @returns {(x: number, y: number) => boolean} */
export const inBox = ({ x: xs, y: ys }) => {
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  return (x, y) => x >= x0 && x <= x1 && y >= y0 && y <= y1;
};

/** Even-odd rule. @param {Outline} lasso @returns {(x: number, y: number) => boolean} */
export const inLasso =
  ({ x: xs, y: ys }) =>
  (x, y) => {
    let odd = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) odd = !odd;
    }
    return odd;
  };
