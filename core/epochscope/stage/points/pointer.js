/** What a pointer does to the points: hover, pick, select with a box or a lasso. */
import { describe } from "../base/tooltip.js";

const NEAR = 12; // CSS pixels
const MOST = 5000; // indices of a selection that travel to Python

export function listenForPoints(panel) {
  const { gd, store } = panel;
  const move = (event) => {
    const at = event.buttons ? null : panel.pointer(event);
    const point = at && !event.target.closest?.(".legend,.modebar") ? nearest(panel, at) : null;
    store.hover(point);
    gd.style.setProperty("--es-cursor", point === null ? "" : "pointer");
    if (point === null) return panel.tip.hide();
    panel.tip.show(
      at.x,
      at.y,
      describe(store, point, panel.shown.entry, (i) => panel.color(i)),
      store,
      point,
    );
  };
  gd.addEventListener("pointermove", move);
  gd.addEventListener("pointerleave", () => {
    store.hover(null);
    panel.tip.hide();
  });
  panel.onClick((at) => {
    const point = nearest(panel, at);
    if (point === null) return;
    store.pick(point);
    if (store.picked === null) return;
    panel.setTriggerValue?.("pick", {
      point,
      index: store.info?.index?.[point] ?? point,
      epoch: panel.shown.frame.epoch,
    });
  });
  gd.on("plotly_selected", (event) => {
    if (!event?.range && !event?.lassoPoints) return;
    const mask = within(panel, event);
    store.select(mask);
    panel.Plotly.relayout(gd, { selections: [] }); // the outline would stay while the points move on
    const index = store.info?.index;
    const indices = [];
    for (let i = 0; i < mask.length && indices.length < MOST; i++) if (mask[i]) indices.push(index?.[i] ?? i);
    panel.setTriggerValue?.("select", { count: store.selection?.count ?? 0, indices, epoch: panel.shown.frame.epoch });
  });
}

/** The visible point nearest to a place in the plot, if it is near. */
function nearest(panel, { px, py }) {
  const { scratch, layer, spot, shown } = panel;
  if (!shown || !spot || !layer) return null;
  let best = null;
  let least = (NEAR * spot.dpr) ** 2;
  const [x, y] = [px * spot.dpr, py * spot.dpr];
  for (let i = 0; i < layer.length; i++) {
    if (!layer[i]) continue;
    const far = (scratch[2 * i] - x) ** 2 + (scratch[2 * i + 1] - y) ** 2;
    if (far <= least) [least, best] = [far, i];
  }
  return best;
}

/** Which visible points lie in a box or a lasso, as a mask. */
function within(panel, { range, lassoPoints }) {
  const { to } = panel.shown;
  const mask = new Uint8Array(to.length >> 1);
  const inside = lassoPoints ? inLasso(lassoPoints.x, lassoPoints.y) : inBox(range.x, range.y);
  for (let i = 0; i < mask.length; i++) mask[i] = panel.layer[i] && inside(to[2 * i], to[2 * i + 1]) ? 1 : 0;
  return mask;
}

const inBox = (xs, ys) => {
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  return (x, y) => x >= x0 && x <= x1 && y >= y0 && y <= y1;
};

const inLasso = (xs, ys) => (x, y) => {
  let odd = false;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) odd = !odd;
  }
  return odd;
};
