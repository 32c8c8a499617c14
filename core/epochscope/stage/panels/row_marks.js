/** The rows of the points that are pointed at, picked or selected, over a heat map. */

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Bands } from "./bands.js" */
/** @import { HeatMapPanel, ToPlace } from "./heat_map.js" */

/** @param {HeatMapPanel} panel @param {Area} area @param {Bands} bands @param {ToPlace} place */
export function paintMarked({ theme, store }, area, { first, points, stride, rows }, place) {
  const { context, left, top, width, height } = area;
  const mask = store.selection?.mask;
  if (!mask && store.hovered === null && store.picked === null) return;
  const high = place(1, rows) - place(0, rows); // of a row
  const line = Math.max(2, high);
  context.strokeStyle = context.fillStyle = theme.text;
  context.lineWidth = 1.5;
  for (let i = 0; i < points.length; i++) {
    const point = points[i];
    if (point !== store.hovered && point !== store.picked && !mask?.[point]) continue;
    const y = place(first + i * stride, rows);
    if (y + high < top || y > top + height) continue;
    if (point === store.hovered || point === store.picked)
      context.strokeRect(left - 1, y + high / 2 - line / 2 - 1, width + 2, line + 2);
    if (mask?.[point]) context.fillRect(left + width + 1, y, 3, Math.max(1, high * stride));
  }
}
