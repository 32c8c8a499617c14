/** Actions of the pointer on the points: hover, pick, select with a box or a lasso. */

import { describe } from "../base/tooltip.js";
import { bitsOf, textOfBytes } from "../data/base64.js";
import { PointGrid } from "../data/point_grid.js";
import { Touch } from "./touch.js";

/** @import { Place } from "../base/plot_panel.js" */
/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @import { Outline } from "../data/point_grid.js" */

const NEAR = 12; // CSS pixels
const NEAR_A_FINGER = 24;

/** @param {PointsPanel} panel */
export function listenForPoints(panel) {
  const { gd, store } = panel;
  const touch = new Touch(panel, (event) => show(panel, event, NEAR_A_FINGER));
  gd.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") show(panel, event, event.buttons ? 0 : NEAR);
  });
  gd.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return; // what a finger has asked for stays when it is lifted
    store.hover(null);
    panel.tooltip.hide();
  });
  panel.onClick((at, event) => {
    if (touch.rested) return;
    const point = nearest(panel, at, event.pointerType === "touch" ? NEAR_A_FINGER : NEAR);
    if (point !== null) pick(panel, point);
  });
}

/** Box and lasso are Plotly's. @param {PointsPanel} panel */
export function listenForSelections(panel) {
  const { gd } = panel;
  gd.on("plotly_selected", (event) => {
    if (!event?.range && !event?.lassoPoints) return;
    select(panel, event.lassoPoints ?? corners(event.range));
    panel.Plotly.relayout(gd, { selections: [] }); // the outline would stay while the points move on
  });
}

/** Shows what is known of the point under a pointer. @param {PointsPanel} panel @param {PointerEvent} event @param {number} reach  CSS pixels */
function show(panel, event, reach) {
  const { store, tooltip } = panel;
  const at = reach ? panel.pointer(event) : null;
  const free = !(event.target instanceof Element && event.target.closest(".legend,.modebar"));
  const point = at && free ? nearest(panel, at, reach) : null;
  store.hover(point);
  panel.gd.style.setProperty("--es-cursor", point === null ? "" : "pointer");
  if (at === null || point === null) return tooltip.hide();
  tooltip.show(at.x, at.y, linesOf(panel, point), store, point);
}

/** What is known of a point at the epoch that is shown. @param {PointsPanel} panel @param {number} point */
export const linesOf = (panel, point) =>
  describe(
    panel.store,
    point,
    panel.shown?.entry ?? null,
    (group) => panel.color(group),
    (c) => panel.clusterColor(c, panel.shown?.entry),
  );

/** Picks a point, and tells Python. @param {PointsPanel} panel @param {number} point */
export function pick({ store, shown, setTriggerValue }, point) {
  store.pick(point);
  if (store.picked === null) return;
  setTriggerValue?.("pick", { point, index: store.info?.index[point] ?? point, epoch: shown?.frame.epoch });
}

/** The visible point nearest to a place in the plot, if it is near. @param {PointsPanel} panel @param {Place} at @param {number} near  CSS pixels */
function nearest(panel, { px, py }, near) {
  const { layer, view, shown } = panel;
  if (!shown || !view) return null;
  const { range, sx, sy, dpr } = view;
  const reach = near * dpr;
  const [x, y] = [px * dpr, py * dpr];
  if (shown.share >= 1)
    return gridOf(shown).nearest(range[0] + x / sx, range[3] - y / sy, reach / sx, reach / sy, (i) => layer[i]);
  const { scratch } = panel.painter; // a grid would be out of date with the next movement
  let best = null;
  let least = reach ** 2;
  for (let i = 0; i < layer.length; i++) {
    if (!layer[i]) continue;
    const distance = (scratch[2 * i] - x) ** 2 + (scratch[2 * i + 1] - y) ** 2;
    if (distance <= least) [least, best] = [distance, i];
  }
  return best;
}

/** Selects the visible points inside of an outline. @param {PointsPanel} panel @param {Outline} outline */
function select({ store, shown, layer, setTriggerValue }, outline) {
  if (!shown) return;
  const mask = new Uint8Array(shown.to.length >> 1);
  gridOf(shown).inside(outline, (i) => {
    if (layer[i]) mask[i] = 1;
  });
  store.select(mask);
  const count = store.selection?.count ?? 0;
  setTriggerValue?.("select", { count, bits: count ? textOfBytes(bitsOf(mask)) : "", epoch: shown.frame.epoch });
}

/** A box as an outline, from two opposite corners. @param {Outline} box @returns {Outline} */
export const corners = ({ x: [x0, x1], y: [y0, y1] }) => ({ x: [x0, x1, x1, x0], y: [y0, y0, y1, y1] });

/** @type {WeakMap<Shown, PointGrid>} */
const grids = new WeakMap();

/** The points of a frame in a grid, once they have come to rest. @param {Shown} shown */
function gridOf(shown) {
  let grid = grids.get(shown);
  if (!grid) {
    grid = new PointGrid(shown.to);
    grids.set(shown, grid);
  }
  return grid;
}
