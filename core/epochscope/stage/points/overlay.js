/** What can be laid over the points: the graph, ellipses, the pull as arrows, paths of the centres, regions. */

import { make } from "../base/dom.js";
import { count } from "../base/panel.js";
import { alpha, rgba } from "../base/theme.js";
import { edgesOf, scaled } from "../data/channel_decoders.js";
import { CIVIDIS, packed, table } from "../render/colormaps.js";
import { line, nearest } from "../render/line_raster.js";

/** What a run must provide for each, and what kind of projection. */
export const OVERLAYS = {
  graph: { needs: ["neighbors"], about: "Edges of the neighbour graph: the heavier, the stronger" },
  ellipses: { needs: ["spread", "centers"], linear: true, about: "Two standard deviations around each centre" },
  pull: { needs: ["forces"], linear: true, about: "The pull −∂L/∂z on some points" },
  paths: { needs: ["centers"], linear: true, about: "Where the centres have been, in the frames so far" },
  regions: { needs: ["centers"], exact: true, about: "Which centre is nearest" },
};
const ARROW = 36; // CSS pixels of a long arrow
const MOST_STEPS = 400; // of a path

export class Overlay {
  constructor(panel) {
    this.panel = panel;
    this.bar = make("div", "es-show", { role: "group", "aria-label": "Show", hidden: true });
    this.notes = make("div", "es-notes");
    panel.root.append(this.bar, this.notes);
  }

  /** The overlays this run could show in this panel, each with the reason why it cannot now ("" if it can). */
  get offered() {
    const { store, spec } = this.panel;
    const has = new Set(store.info?.provides ?? []);
    return Object.entries(OVERLAYS)
      .filter(([, { needs, exact }]) => needs.every((name) => has.has(name)) && (!exact || spec.exact))
      .map(([name, { linear }]) => [
        name,
        linear && spec.linear === false
          ? `${spec.title ?? "This projection"} bends the codes, so this has no place in it; choose PCA.`
          : "",
      ]);
  }

  shows(name) {
    return this.panel.store.show.has(name) && this.offered.some(([one, why]) => one === name && !why);
  }

  dress() {
    const { store } = this.panel;
    const key = JSON.stringify([this.offered, [...store.show]]);
    if (key === this.key) return;
    this.key = key;
    this.bar.hidden = !this.offered.length;
    this.bar.replaceChildren(
      ...this.offered.map(([name, why]) => {
        const chip = make(
          "button",
          "",
          {
            type: "button",
            "aria-pressed": String(!why && store.show.has(name)),
            title: why || OVERLAYS[name].about,
            disabled: Boolean(why),
          },
          name,
        );
        chip.onclick = () => store.toggle(name);
        return chip;
      }),
    );
  }

  /** Remembers where the ellipses come from when the panel turns to another frame. */
  turn(shown, old) {
    const to = shown.frame.ellipses;
    shown.fromEllipses = shown.length && old?.nowEllipses?.length === to?.length ? old.nowEllipses : to;
  }

  /** Into the picture below the points. @param {{range, sx, sy, W, H}} view  of the picture, in its pixels */
  under(dots, view) {
    this.said = [];
    const { panel } = this;
    const { shown, report } = panel;
    report.shows = [...panel.store.show].filter((name) => this.shows(name));
    report.edges = 0;
    if (this.shows("regions") && shown.nowCenters) this.#regions(dots, view);
    if (this.shows("graph")) this.#graph(dots);
  }

  #regions(dots, { range, sx, sy, W, H }) {
    const { panel } = this;
    const back = rgba(panel.theme.background);
    const share = panel.theme.dark ? 0.3 : 0.22;
    const places = panel.shown.nowCenters.map((value, i) =>
      i & 1 ? (range[3] - value) * sy : (value - range[0]) * sx,
    );
    const colors = Array.from({ length: places.length >> 1 }, (_, c) => {
      const [r, g, b] = rgba(panel.color(c)).map((value, i) => Math.round(back[i] + (value - back[i]) * share));
      return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
    });
    nearest(dots.pixels, W, H, places, colors);
  }

  /** Edges: opacity is weight; within a group in its colour, between groups in the colour of text. */
  #graph(dots) {
    const { panel } = this;
    const { shown, scratch, layer, store, theme, mode } = panel;
    const graph = edgesOf(shown.entry?.edges);
    if (!graph) return void this.said.push("no graph in this phase");
    const weights = scaled(shown.entry.edge_weights)?.values;
    const groups = mode === "class" ? store.info?.truth : shown.entry.labels;
    const { ends } = graph;
    const { width, height } = dots.image;
    const { pixels } = dots;
    const own = theme.palette.map(packed);
    const between = packed(theme.text);
    // beside confidence: how far the ends agree in their whole rows of Q, bright where JS = 0
    const js = panel.continuous ? scaled(shown.entry.edge_js)?.values : null;
    const map = js ? table(CIVIDIS) : null;
    const grey = packed("#8b929c");
    const n = layer.length;
    // many edges on few pixels would turn into a blot
    const strength = Math.min(1, Math.max(0.35, 4000 / Math.max(1, ends.length >> 1)));
    let drawn = 0;
    for (let e = 0; 2 * e < ends.length; e++) {
      const [i, j] = [ends[2 * e], ends[2 * e + 1]];
      if (i >= n || j >= n || !layer[i] || !layer[j] || (layer[i] === 1 && layer[j] === 1)) continue;
      const agree = !panel.continuous && groups && groups[i] === groups[j];
      const color = map
        ? map[255 - js[e]]
        : panel.continuous || !groups
          ? grey
          : agree
            ? own[groups[i] % own.length]
            : between;
      const weight = weights ? weights[e] / 255 : 0.6;
      const opacity = Math.max(6, Math.round(255 * strength * (0.1 + 0.7 * weight)));
      line(
        pixels,
        width,
        height,
        scratch[2 * i],
        scratch[2 * i + 1],
        scratch[2 * j],
        scratch[2 * j + 1],
        color,
        opacity,
      );
      drawn++;
    }
    panel.report.edges = drawn;
    const all = (store.info?.n ?? 0) * graph.each;
    this.said.push(
      `${count(drawn)} of ${count(all)} edges drawn, between drawn points` +
        (map
          ? "; bright: JS near 0"
          : panel.continuous
            ? ""
            : `; ${theme.dark ? "white" : "black"}: between ${mode === "class" ? "classes" : "clusters"}`),
    );
  }

  /** On top of the points. @param place  from the plane to CSS pixels */
  over(context, place, view) {
    const { panel } = this;
    if (this.shows("paths")) this.#paths(context, place);
    const { ellipses, forces } = panel.shown.frame;
    if (this.shows("ellipses")) ellipses ? this.#ellipses(context, place) : this.said.push("no ellipses in this phase");
    if (this.shows("pull")) forces ? this.#arrows(context, place, view) : this.said.push("no pull in this phase");
    const text = this.said.join(" · ");
    if (this.notes.textContent !== text) this.notes.replaceChildren(make("span", "", {}, text));
  }

  #ellipses(context, place) {
    const { panel } = this;
    const { shown, theme } = panel;
    const [from, to] = [shown.fromEllipses, shown.frame.ellipses];
    const now = (shown.nowEllipses = shown.t < 1 ? to.map((value, i) => from[i] + (value - from[i]) * shown.t) : to);
    const centers = shown.nowCenters;
    panel.report.ellipses = 0;
    for (let c = 0; 3 * c < now.length; c++) {
      const [x, y] = [centers?.[2 * c], centers?.[2 * c + 1]];
      if (!(x === x && y === y) || panel.store.hidden.cluster.has(c)) continue;
      // 2 L (cos t, sin t) with the Cholesky factor L of the covariance runs along two standard deviations
      const a = Math.sqrt(Math.max(now[3 * c], 1e-18));
      const b = now[3 * c + 1] / a;
      const d = Math.sqrt(Math.max(0, now[3 * c + 2] - b * b));
      context.beginPath();
      for (let step = 0; step <= 48; step++) {
        const [u, v] = [2 * Math.cos((step * Math.PI) / 24), 2 * Math.sin((step * Math.PI) / 24)];
        context.lineTo(...place(x + a * u, y + b * u + d * v));
      }
      const empty = shown.entry?.sizes?.[c] === 0; // its center and spread are only left over
      const color = panel.mode === "class" ? theme.text : panel.color(c);
      context.setLineDash([]);
      context.lineWidth = empty ? 0.01 : 3.5;
      context.strokeStyle = alpha(theme.background, 0.75);
      context.stroke();
      context.setLineDash(empty ? [3, 5] : []);
      context.lineWidth = empty ? 1 : 1.75;
      context.strokeStyle = panel.mode === "class" ? alpha(color, 0.75) : color;
      context.stroke();
      panel.report.ellipses++;
    }
    context.setLineDash([]);
  }

  #arrows(context, place, { sx, dpr, W, H }) {
    const { panel } = this;
    const { shown, theme, layer } = panel;
    const { forces, forceScale } = shown.frame;
    const step = forceScale / 32767;
    const far = [];
    for (let i = 0; i < forces.length; i += 2) far.push(Math.hypot(forces[i], forces[i + 1]) * step);
    const long = [...far].sort((a, b) => a - b)[Math.floor(0.95 * (far.length - 1))];
    if (!(long > 0)) return void this.said.push("no pull on these points");
    const room = Math.min(far.length, Math.round((W * H) / dpr ** 2 / 500)); // more would only be a tangle
    const times = nice((ARROW * dpr) / sx / long);
    panel.report.arrows = 0;
    context.beginPath();
    for (let i = 0; i < room; i++) {
      if (!layer[i]) continue;
      const [x0, y0] = place(shown.xy[2 * i], shown.xy[2 * i + 1]);
      const [x1, y1] = place(
        shown.xy[2 * i] + times * step * forces[2 * i],
        shown.xy[2 * i + 1] + times * step * forces[2 * i + 1],
      );
      const size = Math.hypot(x1 - x0, y1 - y0);
      if (size < 1.5) continue;
      const [ux, uy] = [(x1 - x0) / size, (y1 - y0) / size];
      const head = Math.min(6, 0.4 * size);
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.moveTo(x1 - head * (ux + 0.55 * uy), y1 - head * (uy - 0.55 * ux));
      context.lineTo(x1, y1);
      context.lineTo(x1 - head * (ux - 0.55 * uy), y1 - head * (uy + 0.55 * ux));
      panel.report.arrows++;
    }
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = alpha(theme.background, 0.7);
    context.stroke();
    context.lineWidth = 1.25;
    context.strokeStyle = theme.text;
    context.stroke();
    this.said.push(`arrows: −∂L/∂z × ${count(times)}, ${panel.report.arrows} points`);
  }

  /** Lines through the centres of all frames up to the one that is shown. */
  #paths(context, place) {
    const { panel } = this;
    const { store, shown, theme } = panel;
    const known = store.framesOf(panel.projection);
    const until = shown.frame.epoch;
    const epochs = known.order.filter(
      (epoch) => epoch <= until && known.frames.get(epoch).centers?.length === shown.centers?.length,
    );
    panel.report.path = shown.centers ? epochs.length : 0;
    if (!shown.centers || epochs.length < 2) return;
    const stride = Math.ceil(epochs.length / MOST_STEPS);
    const taken = epochs
      .filter((_, i) => i % stride === 0 && epochs[i] < until)
      .map((epoch) => store.frameAt(panel.projection, epoch));
    for (let c = 0; 2 * c < shown.centers.length; c++) {
      if (panel.mode === "cluster" && store.hidden.cluster.has(c)) continue;
      context.beginPath();
      for (const { centers, center, scale } of taken) {
        context.lineTo(
          ...place(center[0] + (scale * centers[2 * c]) / 32767, center[1] + (scale * centers[2 * c + 1]) / 32767),
        );
      }
      context.lineTo(...place(shown.nowCenters[2 * c], shown.nowCenters[2 * c + 1]));
      context.lineJoin = "round";
      context.lineWidth = 4;
      context.strokeStyle = alpha(theme.background, 0.75);
      context.stroke();
      context.lineWidth = 2;
      context.strokeStyle = panel.mode === "class" ? theme.text : panel.color(c);
      context.stroke();
    }
  }
}

/** The nearest of 1, 2, 5 times a power of ten below a number. */
function nice(x) {
  const ten = 10 ** Math.floor(Math.log10(x));
  const digit = x / ten >= 5 ? 5 : x / ten >= 2 ? 2 : 1;
  return Number((digit * ten).toPrecision(1));
}
