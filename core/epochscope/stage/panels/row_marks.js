/** What lies around and over a heat map: columns, groups of rows, and the points that are pointed at, picked or selected. */

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Bands } from "./bands.js" */
/** @import { HeatMapPanel, ToPlace } from "./heat_map.js" */

const LEAST_GROUP = 6; // CSS pixels of height from which a border leaves something of a group

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

/** Gaps between columns, and the colors of their clusters. @param {HeatMapPanel} panel @param {Area} area @param {number} k */
export function paintColumns(panel, { context, left, top, width, height }, k) {
  const step = width / k;
  context.fillStyle = panel.theme.background;
  if (step > 6) for (let j = 1; j < k; j++) context.fillRect(Math.round(left + j * step) - 0.5, top, 1, height);
  for (let j = 0; j < k; j++) {
    context.fillStyle = panel.clusterColor(j);
    context.fillRect(left + j * step + 1, top + height + 3, Math.max(1, step - 2), 4);
  }
}

/**
 * Borders between groups of rows, with color and number of the cluster.
 * @param {HeatMapPanel} panel
 * @param {Area} area
 * @param {Bands} bands
 * @param {ToPlace} placed
 */
export function paintGroups(panel, { context, left, top, width, height }, { ends, rows }, placed) {
  const { theme } = panel;
  context.font = `600 10.5px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const bottom = top + height;
  /** @param {number} row */
  const place = (row) => Math.min(bottom, Math.max(top, placed(row, rows)));
  for (let cluster = 0; cluster < ends.length; cluster++) {
    const [y0, y1] = [place(ends[cluster - 1] ?? 0), place(ends[cluster])];
    if (y1 <= y0) continue;
    context.fillStyle = panel.clusterColor(cluster);
    context.fillRect(left - 7, y0 + 0.5, 4, Math.max(1, y1 - y0 - 1));
    if (y1 < bottom && y1 - y0 > LEAST_GROUP) {
      context.fillStyle = theme.background;
      context.fillRect(left, Math.round(y1) - 0.75, width, 1.5);
    }
    context.fillStyle = theme.text;
    if (y1 - y0 > 11) context.fillText(String(cluster), left - 10, (y0 + y1) / 2);
  }
}
