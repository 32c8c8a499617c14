/** Marks on top of the points: cluster numbers at the centers, rings around single points. */
import { alpha, inkOn } from "../render/color.js";

/** @import { Theme } from "../base/theme.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @typedef {(x: number, y: number) => [left: number, top: number]} ToScreen  from the plane to CSS pixels */

const MOST_NUMBERED = 100; // clusters: the numbers of more would hide the points

/**
 * A numbered badge for each cluster; numbers do what colors cannot for color-blind eyes and above ten clusters.
 * @param {PointsPanel} panel
 * @param {CanvasRenderingContext2D} context
 * @param {ArrayLike<number>} centers  x0 y0 x1 y1 ...; NaN for an empty cluster
 * @param {ToScreen} place
 */
export function drawCenters(panel, context, centers, place) {
  const { theme, store, mode } = panel;
  const colored = mode === "cluster";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 11px ${theme.font}`;
  const crowded = centers.length > 2 * MOST_NUMBERED;
  for (let c = 0; 2 * c < centers.length; c++) {
    const [x, y] = place(centers[2 * c], centers[2 * c + 1]);
    if (Number.isNaN(x) || Number.isNaN(y) || (colored && store.hidden.cluster.has(c))) continue;
    const hue = panel.clusterColor(c, panel.shown?.entry);
    const fill = colored ? hue : theme.background;
    const half = crowded ? 4 : c > 99 ? 13 : c > 9 ? 11 : 8.5;
    const high = crowded ? 4 : 8.5;
    context.beginPath();
    context.roundRect(x - half, y - high, 2 * half, 2 * high, high);
    context.fillStyle = colored ? fill : alpha(fill, 0.88);
    context.fill();
    context.lineWidth = colored ? 1.5 : 2.5;
    context.strokeStyle = colored ? theme.background : mode === "class" ? hue : theme.text;
    context.stroke();
    if (crowded) continue;
    context.fillStyle = colored ? inkOn(fill) : theme.text;
    context.fillText(String(c), x, y + 0.5);
  }
}

/** @type {(context: CanvasRenderingContext2D, x: number, y: number, theme: Theme, strong: boolean) => void} */
export function drawRing(context, x, y, theme, strong) {
  context.beginPath();
  context.arc(x, y, strong ? 8 : 6.5, 0, 2 * Math.PI);
  context.lineWidth = strong ? 4.5 : 3.5;
  context.strokeStyle = theme.background;
  context.stroke();
  context.lineWidth = strong ? 2.5 : 1.5;
  context.strokeStyle = theme.text;
  context.stroke();
}
