/** Marks on top of the points: cluster numbers at the centres, rings around single points. */
import { alpha, inkOn } from "../base/theme.js";

/** A numbered badge for each cluster; numbers do what colours cannot for colour-blind eyes and above ten clusters. */
export function drawCenters(panel, context, centers, place) {
  const { theme, store, mode } = panel;
  const coloured = mode === "cluster";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 11px ${theme.font}`;
  for (let c = 0; 2 * c < centers.length; c++) {
    const [x, y] = place(centers[2 * c], centers[2 * c + 1]);
    if (!(x === x && y === y) || (coloured && store.hidden.cluster.has(c))) continue;
    const fill = coloured ? panel.color(c) : theme.background;
    const half = c > 9 ? 11 : 8.5;
    context.beginPath();
    context.roundRect(x - half, y - 8.5, 2 * half, 17, 8.5);
    context.fillStyle = coloured ? fill : alpha(fill, 0.88);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = coloured ? theme.background : theme.text;
    context.stroke();
    context.fillStyle = coloured ? inkOn(fill) : theme.text;
    context.fillText(String(c), x, y + 0.5);
  }
}

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
