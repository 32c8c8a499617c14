/** The points panel: one projection of the drawn points, moving from epoch to epoch. */

import { make } from "../base/dom.js";
import { PlotPanel } from "../base/plot_panel.js";
import { bitmap } from "../base/save_picture.js";
import { Tip } from "../base/tooltip.js";
import { continuous, HUES, hueOf, possible, toneOf } from "../data/color_modes.js";
import { ease, looked, mix, rangeFor, tooFar } from "../data/view.js";
import { CIVIDIS, packed, scaleOf } from "../render/colormaps.js";
import { Dots } from "../render/dots.js";
import { drawCenters, drawRing } from "./centers.js";
import { Key } from "./legend.js";
import { Near } from "./neighbor_panel.js";
import { Overlay } from "./overlay.js";
import { circles, pots } from "./point_style.js";
import { listenForPoints } from "./pointer.js";

const NOWHERE = { visible: true, x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip" };

export class PointsPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.dots = new Dots();
    this.tip = new Tip(this.root);
    this.key = new Key(this);
    this.overlay = new Overlay(this);
    this.near = new Near(this);
    const clear = make("button", "", {
      type: "button",
      textContent: "×",
      title: "Clear the selection",
      "aria-label": "Clear the selection",
    });
    clear.onclick = () => {
      this.store.select(null);
      this.setTriggerValue?.("select", { count: 0, indices: [] });
    };
    this.chosen = make("span");
    this.chip = make("div", "es-chip", { hidden: true }, this.chosen, clear);
    this.root.append(this.chip);
    this.shown = null; // {frame, xy, from, to, start, length}
    this.scratch = new Float32Array(0);
  }

  get projection() {
    return this.spec.projection ?? null;
  }

  get mode() {
    const mode = (this.spec.pinned ? null : this.store.color) ?? this.spec.color ?? "cluster";
    return possible(mode, this.store.info) ? mode : "cluster";
  }

  /** Whether the colours are a number of each point, not a group. */
  get continuous() {
    return continuous(this.mode);
  }

  /** The colour of a group of the mode. */
  tone(group) {
    return toneOf(this.mode, group, (i) => this.color(i));
  }

  get defaults() {
    const axis = {
      showticklabels: false,
      showgrid: false,
      zeroline: false,
      ticks: "",
      range: this.range ? undefined : [-1, 1],
    };
    return {
      margin: { l: 4, r: 4, t: 30, b: 24 },
      dragmode: "pan",
      xaxis: axis,
      yaxis: { ...axis },
      legend: { itemsizing: "constant", tracegroupgap: 0, x: 1.01, y: 1, yanchor: "top" },
    };
  }

  get config() {
    return {
      ...super.config,
      scrollZoom: true,
      doubleClick: false,
      modeBarButtonsToRemove: ["autoScale2d", "resetScale2d", "toImage"],
      modeBarButtonsToAdd: [
        "select2d",
        "lasso2d",
        ...super.config.modeBarButtonsToAdd,
        { name: "Show all", title: "Show all points", icon: this.Plotly?.Icons?.home, click: () => this.showAll() },
      ],
    };
  }

  layout() {
    const layout = super.layout();
    if (this.range) [layout.xaxis.range, layout.yaxis.range] = [this.range.slice(0, 2), this.range.slice(2)];
    layout.xaxis.autorange = layout.yaxis.autorange = false;
    delete layout.title; // the line belongs to what can be shown, and the caption says what this is
    layout.showlegend = false; // the key below takes less room and wraps
    layout.uirevision = `${this.mode}`;
    return layout;
  }

  get groups() {
    const { info } = this.store;
    if (HUES[this.mode]?.groups) return HUES[this.mode].groups;
    const own = this.data.figure?.data ?? [];
    if (this.mode === "class") return info?.classes?.length ? info.classes : own.map((t) => t.name);
    const k = info?.k ?? own.length;
    return Array.from({ length: k }, (_, i) => (this.spec.color === "cluster" && own[i]?.name) || `${i}`);
  }

  traces() {
    if (this.continuous) {
      const { title, low = 0, top } = hueOf(this.mode, this.store);
      const bar = {
        title: { text: title, side: "right" },
        thickness: 10,
        outlinewidth: 0,
        len: 0.7,
        tickfont: { color: this.theme.faint },
      };
      return [
        {
          ...NOWHERE,
          showlegend: false,
          marker: {
            color: [0],
            cmin: low,
            cmax: top(this.store.info?.k ?? 2),
            colorscale: scaleOf(CIVIDIS),
            showscale: true,
            colorbar: bar,
          },
        },
      ];
    }
    const hidden = this.store.hidden[this.mode];
    const template = this.data.figure?.data?.[0] ?? {};
    return this.groups.map((name, i) => ({
      ...NOWHERE,
      legendgrouptitle: template.legendgrouptitle,
      name: String(name),
      uid: `${this.mode}${i}`,
      marker: { color: this.tone(i), size: 9 },
      visible: hidden.has(i) ? "legendonly" : true,
    }));
  }

  started() {
    this.key.dress();
    this.gd.on("plotly_relayout", (change) => {
      if (this.ownMove || !Object.keys(change).some((key) => /^[xy]axis/.test(key))) return;
      this.zoomed = true;
    });
    this.gd.on("plotly_doubleclick", () => {
      this.store.select(null);
      this.showAll();
    });
    listenForPoints(this);
  }

  /** Back to the automatic range, of this epoch at first. */
  showAll() {
    this.zoomed = false;
    this.range = this.extent = null;
    this.schedule();
  }

  changed(what) {
    if (what === "data" || what === "info" || what === "view" || what === "update") this.stale = true;
    const look = JSON.stringify([
      this.mode,
      ...Object.values(this.store.hidden).map((one) => [...one]),
      this.store.info ? 1 : 0,
      hueOf(this.mode, this.store),
    ]);
    if (this.ready && look !== this.look) {
      this.look = look;
      this.redress();
      this.key.dress();
    }
  }

  /** Turns to the frame of the cursor's epoch, from where the points are now. */
  #turn(now) {
    const { store } = this;
    const epoch = store.current?.epoch ?? null;
    const frame = store.frameAt(this.projection, epoch);
    if (frame === this.shown?.frame) return;
    if (!frame) return void (this.shown = null);
    this.stale = true;
    const n = frame.xy.length;
    const to = new Float32Array(n);
    const s = frame.scale / 32767;
    for (let i = 0; i < n; i += 2) {
      to[i] = frame.center[0] + s * frame.xy[i];
      to[i + 1] = frame.center[1] + s * frame.xy[i + 1];
    }
    const old = this.shown;
    const moving = old && old.to.length === n && !this.theme.still && !document.hidden;
    if (moving) this.#place(now, old);
    const centers = this.#centersOf(frame, to);
    this.shown = {
      frame,
      to,
      from: moving ? old.xy.slice() : to,
      xy: moving ? old.xy : to.slice(),
      centers,
      fromCenters: moving && old.nowCenters?.length === centers?.length ? old.nowCenters : centers,
      start: now,
      length: moving ? store.cursor.gap : 0,
      even: store.cursor.playing,
      entry: store.entry(frame.epoch),
    };
    this.overlay.turn(this.shown, old);
  }

  /** Centres of the clusters in the plane: projected ones, else the mean of each cluster's points. */
  #centersOf(frame, to) {
    const { center, scale } = frame;
    if (frame.centers) return Float32Array.from(frame.centers, (value, i) => center[i & 1] + (scale * value) / 32767);
    const labels = this.store.entry(frame.epoch)?.labels;
    if (!labels) return null;
    const k = this.store.info?.k ?? 0;
    const sums = new Float32Array(2 * k);
    const counts = new Float32Array(k);
    for (let i = 0; i < labels.length && 2 * i < to.length; i++) {
      if (labels[i] >= k) continue;
      sums[2 * labels[i]] += to[2 * i];
      sums[2 * labels[i] + 1] += to[2 * i + 1];
      counts[labels[i]]++;
    }
    return sums.map((value, i) => value / counts[i >> 1]); // NaN for an empty cluster: not drawn
  }

  /** Positions at a time; true while they move. */
  #place(now, shown) {
    const part = shown.length ? Math.min(1, Math.max(0, (now - shown.start) / shown.length)) : 1;
    const t = (shown.t = shown.even ? part : ease(part));
    const { xy, from, to } = shown;
    if (t >= 1) xy.set(to);
    else for (let i = 0; i < xy.length; i++) xy[i] = from[i] + (to[i] - from[i]) * t;
    const a = shown.fromCenters;
    shown.nowCenters =
      a && t < 1 ? shown.centers.map((value, i) => (a[i] === a[i] ? a[i] + (value - a[i]) * t : value)) : shown.centers;
    return part < 1;
  }

  /** The range to show, moving smoothly; a range the user chose is left alone. */
  #look(now, area) {
    const axes = () => [...area.xaxis.range, ...area.yaxis.range].map(Number);
    if (this.zoomed) return [(this.range = axes()), false];
    const run = this.shown.frame.around ?? this.store.framesOf(this.projection).box;
    this.extent = looked(this.extent, this.shown.frame.box);
    const wanted = rangeFor(this.extent, run, area.width / area.height);
    const shape = Math.abs(area.width / area.height - (this.shape ?? 0)) > 0.01;
    if (!this.range || shape || tooFar(this.range, wanted, this.extent)) {
      const first = !this.seen;
      this.shape = area.width / area.height;
      this.seen = this.seen ?? wanted;
      this.glide = { from: this.seen, to: wanted, start: now, length: first || shape || this.theme.still ? 0 : 350 };
      this.range = wanted;
      this.ownMove = true;
      this.Plotly.relayout(this.gd, { "xaxis.range": wanted.slice(0, 2), "yaxis.range": wanted.slice(2) }).finally(
        () => (this.ownMove = false),
      );
    }
    const g = this.glide;
    const t = !g || !g.length ? 1 : Math.min(1, (now - g.start) / g.length);
    this.seen = t < 1 ? mix(g.from, g.to, ease(t)) : this.range;
    return [this.seen, t < 1];
  }

  paint(now) {
    const { store } = this;
    const area = this.surface();
    if (!area || area.width < 20 || area.height < 20) return false;
    this.#turn(now);
    const { shown } = this;
    this.key.words();
    this.overlay.dress();
    this.near.refresh();
    if (!shown) return false;
    if (this.stale) Object.assign(this, pots(this));
    this.stale = false;
    const moves = this.#place(now, shown);
    const [range, glides] = this.#look(now, area);
    const { context, dpr, left, top, width, height } = area;

    const n = shown.xy.length;
    if (this.scratch.length !== n) this.scratch = new Float32Array(n);
    const { scratch } = this;
    const [W, H] = [Math.round(width * dpr), Math.round(height * dpr)];
    const sx = W / (range[1] - range[0]);
    const sy = H / (range[3] - range[2]);
    for (let i = 0; i < n; i += 2) {
      scratch[i] = (shown.xy[i] - range[0]) * sx;
      scratch[i + 1] = (range[3] - shown.xy[i + 1]) * sy;
    }
    const radius =
      dpr *
      Math.min(3.8, Math.max(1.7, 3.9 - 0.5 * Math.log2(n / 2 / 500))) *
      Math.min(1, 0.45 + Math.min(width, height) / 700);
    this.dots.resize(W, H);
    this.dots.clear(packed(this.theme.background));
    const view = (this.view = {
      range,
      sx,
      sy,
      W,
      H,
      dpr,
      left,
      top,
      width,
      height,
      sizes: [0, 0.85 * radius, radius, radius * (moves ? 1.5 : 1)],
    });
    this.overlay.under(this.dots, view);
    for (const kind of [1, 2, 3]) this.dots.draw(scratch, this.tint, this.layer, kind, view.sizes[kind]);
    context.putImageData(this.dots.image, Math.round(left * dpr), Math.round(top * dpr));

    this.spot = { left, top, dpr, radius: radius / dpr };
    this.#over(context, view);
    Object.assign(this.report, { epoch: shown.frame.epoch, n: n / 2, range, box: shown.frame.box });
    return moves || glides;
  }

  /** What lies over the points. */
  #over(context, view) {
    const { range, sx, sy, dpr, left, top, width, height } = view;
    const { store, shown, scratch } = this;
    const place = (x, y) => [left + ((x - range[0]) * sx) / dpr, top + ((range[3] - y) * sy) / dpr];
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    this.overlay.over(context, place, view);
    this.near.draw(context, this.spot, scratch);
    if (shown.nowCenters && this.spec.centers !== false) drawCenters(this, context, shown.nowCenters, place);
    for (const point of [store.hovered, store.picked]) {
      if (point !== null && 2 * point < scratch.length)
        drawRing(
          context,
          left + scratch[2 * point] / dpr,
          top + scratch[2 * point + 1] / dpr,
          this.theme,
          point === store.picked,
        );
    }
    context.restore();
  }

  layers() {
    const { view, dots, scratch, tint, layer } = this;
    if (!view || !this.shown) return super.layers();
    const { W, H, dpr, left, top, width, height } = view;
    dots.clear(packed(this.theme.background));
    this.overlay.under(dots, view);
    const below = make("canvas", "", { width: W, height: H });
    below.getContext("2d").putImageData(dots.image, 0, 0);
    const { width: w, height: h } = this.gd._fullLayout;
    const above = make("canvas", "", { width: w * dpr, height: h * dpr });
    const context = above.getContext("2d");
    context.scale(dpr, dpr);
    this.#over(context, view);
    this.schedule(); // the picture that is shown again
    const sizes = view.sizes.map((size) => (size / dpr).toFixed(2));
    const middle = circles({ xy: scratch, tint, layer, left, top, dpr, sizes, within: [W, H] });
    return {
      under: `<g transform="translate(${left} ${top})">${bitmap(below, width, height)}</g>${middle}${bitmap(above, w, h)}`,
      over: "",
    };
  }

  legend() {
    const hidden = this.store.hidden[this.mode];
    const names = this.continuous ? [] : this.groups.map((name, i) => [String(name), this.tone(i)]);
    return { key: names.filter((_, i) => !hidden.has(i)), caption: this.key.caption.textContent };
  }

  destroy() {
    this.near.destroy();
    super.destroy();
  }
}
