/** Overlays of the points: the graph, ellipses, forces as arrows, paths of the centers, regions. */

import { keepChildren, make, setAttributes, setText } from "../base/dom.js";
import { count, roundedDown } from "../base/format.js";
import { Roving } from "../base/roving.js";
import { tr } from "../data/language.js";
import { OVERLAY_KINDS, OVERLAY_TITLES, OVERLAYS } from "../data/overlays.js";
import { alpha, rgba } from "../render/color.js";
import { fillNearest } from "../render/line_raster.js";
import { GraphLayer } from "./graph_layer.js";
import { placed } from "./motion.js";
import { paintStretched } from "./trust_layer.js";

/** @import { Overlay } from "../data/overlays.js" */
/** @import { Dots } from "../render/dots.js" */
/** @import { ToScreen } from "./centers.js" */
/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @import { View } from "./screen.js" */

const ARROW = 36; // CSS pixels of a long arrow
const MOST_STEPS = 400; // of a path

export class OverlayLayer {
  /** @type {string[]}  what is said of what was painted above the points */
  #notes = [];
  /** @type {string[]}  and below them */
  #below = [];
  #buttons = "";
  #graph;

  /** @param {PointsPanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.#graph = new GraphLayer(panel);
    this.bar = make("div", "es-show", { role: "group", "aria-label": tr("Show"), hidden: true });
    this.roving = new Roving(this.bar);
    this.notesBox = make("div", "es-notes");
    panel.root.append(this.bar, this.notesBox);
    panel.store.suggest(panel.spec.overlay);
  }

  /** The overlays this run could show in this panel, each with the reason why it cannot now ("" if it can). */
  get offered() {
    const { store, spec } = this.panel;
    const has = new Set(store.info?.provides ?? []);
    const nonlinear = tr("{projection} is not linear, so this cannot be drawn in it; choose PCA.", {
      projection: spec.title ?? tr("This projection"),
    });
    return OVERLAY_KINDS.filter(
      ([, { needs, exact }]) => needs.every((name) => has.has(name)) && (!exact || spec.exact),
    ).map(([name, { linear }]) => ({ name, why: linear && spec.linear === false ? nonlinear : "" }));
  }

  /** @param {Overlay} name */
  shows(name) {
    return this.panel.store.show.has(name) && this.offered.some((one) => one.name === name && !one.why);
  }

  /** What the overlay is about that is shown unasked. */
  get #unasked() {
    const { store, report } = this.panel;
    return store.showChosen ? [] : report.shows.map((/** @type {Overlay} */ name) => OVERLAYS[name].about);
  }

  refreshButtons() {
    const { store } = this.panel;
    const { offered } = this;
    const key = JSON.stringify([offered, [...store.show]]);
    if (key === this.#buttons) return;
    this.#buttons = key;
    this.bar.hidden = !offered.length;
    const chips = keepChildren(this.bar, offered.length, () => make("button", "", { type: "button" }));
    for (const [i, { name, why }] of offered.entries()) {
      const chip = chips[i];
      setText(chip, OVERLAY_TITLES[name]);
      const pressed = !why && store.show.has(name);
      setAttributes(chip, {
        "aria-pressed": pressed,
        title: why || OVERLAYS[name].about,
        "aria-disabled": Boolean(why),
      });
      chip.onclick = () => why || store.toggle(name); // one that cannot be pressed is still reached: it says why
    }
    this.roving.refresh();
  }

  /** Into the picture below the points. @param {Dots} dots @param {View} view */
  paintUnder(dots, view) {
    this.#below = [];
    const { shown, report, store } = this.panel;
    report.shows = OVERLAY_KINDS.map(([name]) => name).filter((name) => store.show.has(name) && this.shows(name));
    report.edges = 0;
    if (shown?.nowCenters && this.shows("regions")) this.#paintRegions(dots, view, shown.nowCenters);
    if (shown && this.shows("graph")) this.#below.push(this.#graph.paint(dots, shown, view));
  }

  /** @param {Dots} dots @param {View} view @param {Float32Array} centers */
  #paintRegions(dots, { range, sx, sy, W, H }, centers) {
    const { panel } = this;
    const back = rgba(panel.theme.background);
    const share = panel.theme.dark ? 0.3 : 0.22;
    const places = centers.map((value, i) => (i & 1 ? (range[3] - value) * sy : (value - range[0]) * sx));
    const colors = Array.from({ length: places.length >> 1 }, (_, c) => {
      const [r, g, b] = rgba(panel.clusterColor(c, panel.shown?.entry)).map((value, i) =>
        Math.round(back[i] + (value - back[i]) * share),
      );
      return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
    });
    fillNearest(dots.pixels, W, H, places, colors);
  }

  /** On top of the points. @param {CanvasRenderingContext2D} context @param {ToScreen} place @param {View} view */
  paintOver(context, place, view) {
    const { shown } = this.panel;
    this.#notes = [...this.#below];
    if (!shown) return;
    if (this.shows("stretched")) this.#notes.push(paintStretched(this.panel, context, view, shown));
    if (this.shows("paths")) this.#paintPaths(context, place, shown);
    if (this.shows("ellipses")) this.#paintEllipses(context, place, shown);
    if (this.shows("pull")) this.#paintPull(context, place, view, shown);
    const text = [...this.#unasked, ...this.#notes].join(" · ");
    if (this.notesBox.textContent !== text) this.notesBox.replaceChildren(make("span", "", {}, text));
  }

  /** @param {CanvasRenderingContext2D} context @param {ToScreen} place @param {Shown} shown */
  #paintEllipses(context, place, { nowEllipses: now, nowCenters: centers, entry }) {
    if (!now) {
      this.#notes.push(tr("no ellipses in this phase"));
      return;
    }
    const { theme, report, store } = this.panel;
    report.ellipses = 0;
    const sizes = entry?.list("sizes");
    for (let c = 0; centers && 3 * c < now.length; c++) {
      const [x, y] = [centers[2 * c], centers[2 * c + 1]];
      if (!Number.isFinite(x + y) || store.hidden.cluster.has(c)) continue;
      // 2 L (cos t, sin t) with the Cholesky factor L of the covariance runs along two standard deviations
      const a = Math.sqrt(Math.max(now[3 * c], 1e-18));
      const b = now[3 * c + 1] / a;
      const d = Math.sqrt(Math.max(0, now[3 * c + 2] - b * b));
      context.beginPath();
      for (let step = 0; step <= 48; step++) {
        const [u, v] = [2 * Math.cos((step * Math.PI) / 24), 2 * Math.sin((step * Math.PI) / 24)];
        context.lineTo(...place(x + a * u, y + b * u + d * v));
      }
      const empty = sizes?.[c] === 0; // its center and spread are only left over
      context.setLineDash([]);
      context.lineWidth = empty ? 0.01 : 3.5;
      context.strokeStyle = alpha(theme.background, 0.75);
      context.stroke();
      context.setLineDash(empty ? [3, 5] : []);
      context.lineWidth = empty ? 1 : 1.75;
      context.strokeStyle = this.panel.clusterColor(c, this.panel.shown?.entry);
      context.stroke();
      report.ellipses++;
    }
    context.setLineDash([]);
  }

  /** @param {CanvasRenderingContext2D} context @param {ToScreen} place @param {View} view @param {Shown} shown */
  #paintPull(context, place, { sx, dpr, W, H }, shown) {
    const { theme, layer, report } = this.panel;
    const { forces, forceScale } = shown.frame;
    if (!forces) {
      this.#notes.push(tr("no pull in this phase"));
      return;
    }
    const xy = placed(shown);
    const step = forceScale / 32767;
    const sizes = Array.from({ length: forces.length >> 1 }, (_, i) =>
      Math.hypot(step * forces[2 * i], step * forces[2 * i + 1]),
    );
    const long = [...sizes].sort((a, b) => a - b)[Math.floor(0.95 * (sizes.length - 1))];
    if (!(long > 0)) {
      this.#notes.push(tr("no pull on these points"));
      return;
    }
    const room = Math.min(sizes.length, Math.round((W * H) / dpr ** 2 / 500)); // more would only be a tangle
    const times = roundedDown((ARROW * dpr) / sx / long);
    report.arrows = 0;
    context.beginPath();
    for (let i = 0; i < room; i++) {
      if (!layer[i]) continue;
      const [x, y] = [xy[2 * i], xy[2 * i + 1]];
      const tip = place(x + times * step * forces[2 * i], y + times * step * forces[2 * i + 1]);
      if (traceArrow(context, place(x, y), tip)) report.arrows++;
    }
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = alpha(theme.background, 0.7);
    context.stroke();
    context.lineWidth = 1.25;
    context.strokeStyle = theme.text;
    context.stroke();
    this.#notes.push(tr("arrows of {n} points: −∂L/∂z × {times}", { times: count(times), n: report.arrows }));
  }

  /**
   * Lines through the centers of all frames up to the one that is shown.
   * @param {CanvasRenderingContext2D} context
   * @param {ToScreen} place
   * @param {Shown} shown
   */
  #paintPaths(context, place, { frame, centers, nowCenters }) {
    const { store, theme, projection, mode, report } = this.panel;
    const known = store.framesOf(projection);
    const until = frame.epoch;
    const epochs = (known?.order ?? []).filter(
      (epoch) => epoch <= until && known?.frames.get(epoch)?.centers?.length === centers?.length,
    );
    report.path = centers ? epochs.length : 0;
    if (!centers || !nowCenters || epochs.length < 2) return;
    const stride = Math.ceil(epochs.length / MOST_STEPS);
    const frames = epochs
      .filter((epoch, i) => i % stride === 0 && epoch < until)
      .map((epoch) => store.frameOf(projection, epoch));
    for (let c = 0; 2 * c < centers.length; c++) {
      if (mode === "cluster" && store.hidden.cluster.has(c)) continue;
      context.beginPath();
      for (const one of frames) {
        if (!one?.centers) continue;
        const { center, scale } = one;
        const [x, y] = [one.centers[2 * c], one.centers[2 * c + 1]];
        context.lineTo(...place(center[0] + (scale * x) / 32767, center[1] + (scale * y) / 32767));
      }
      context.lineTo(...place(nowCenters[2 * c], nowCenters[2 * c + 1]));
      context.lineJoin = "round";
      context.lineWidth = 4;
      context.strokeStyle = alpha(theme.background, 0.75);
      context.stroke();
      context.lineWidth = 2;
      context.strokeStyle = this.panel.clusterColor(c, this.panel.shown?.entry);
      context.stroke();
    }
  }
}

/**
 * Adds an arrow to the path, if it is long enough to be seen; says whether it is.
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} from  CSS pixels
 * @param {[number, number]} to
 */
function traceArrow(context, [x0, y0], [x1, y1]) {
  const size = Math.hypot(x1 - x0, y1 - y0);
  if (size < 1.5) return false;
  const [ux, uy] = [(x1 - x0) / size, (y1 - y0) / size];
  const head = Math.min(6, 0.4 * size);
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.moveTo(x1 - head * (ux + 0.55 * uy), y1 - head * (uy - 0.55 * ux));
  context.lineTo(x1, y1);
  context.lineTo(x1 - head * (ux - 0.55 * uy), y1 - head * (uy + 0.55 * ux));
  return true;
}
