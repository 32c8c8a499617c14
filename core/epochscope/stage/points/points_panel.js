/** The points panel: one projection of the drawn points, moving from epoch to epoch. */

import { contextOf, make } from "../base/dom.js";
import { NOTHING } from "../base/plot_panel.js";
import { pointsMargins } from "../base/room.js";
import { bitmap } from "../base/save_picture.js";
import { byTouch } from "../base/sight.js";
import { Tooltip } from "../base/tooltip.js";
import { tr } from "../data/language.js";
import { pointsSentence } from "../data/sentences.js";
import { CIVIDIS, stopsOf } from "../render/colormaps.js";
import { nextPaint } from "../runtime/time.js";
import { listenForArrows } from "./arrows.js";
import { Camera } from "./camera.js";
import { drawCenters, drawRing } from "./centers.js";
import { ColoredPanel } from "./colored_panel.js";
import { Legend } from "./legend.js";
import { move, placeOf, shownFrame } from "./motion.js";
import { NeighborPanel } from "./neighbor_panel.js";
import { OverlayLayer } from "./overlay.js";
import { PointPainter } from "./point_painter.js";
import { circles, MOST_CIRCLES, pointStyle } from "./point_style.js";
import { listenForPoints, listenForSelections } from "./pointer.js";
import { axesWithin, dotsOf, paintAxes, viewOf } from "./screen.js";
import { selectionChip } from "./selection_chip.js";
import { paintScaleBar } from "./trust_layer.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Box } from "../data/types.js" */
/** @import { Message, StageEvent } from "../runtime/store.js" */
/** @import { ToScreen } from "./centers.js" */
/** @import { Shown } from "./motion.js" */
/** @import { View } from "./screen.js" */

export class PointsPanel extends ColoredPanel {
  painter = new PointPainter(this);
  tooltip = new Tooltip(this.root);
  groupLegend = new Legend(this);
  overlay = new OverlayLayer(this);
  neighbors = new NeighborPanel(this);
  chosen = make("span");
  chip = selectionChip(this, this.chosen);
  /** @type {Shown | null} */
  shown = null;
  /** @type {View | null} */
  view = null;
  /** Packed color of each point. */
  tint = new Uint32Array(0);
  /** Layer of each point. */
  layer = new Uint8Array(0);
  /** @type {Uint8Array | null}  form of each point; null: all are round */
  form = null;

  #stale = true; // whether colors and layers have to be found anew
  #look = ""; // what the legend shows
  #drawn = ""; // what Plotly shows
  #ownMove = false; // whether Plotly moves on our behalf
  #camera = new Camera();

  start() {
    listenForPoints(this);
    listenForArrows(this);
    super.start();
  }

  /** @returns {string | null} */
  get projection() {
    return this.spec.projection ?? null;
  }

  /** The message of the store, else what is wrong in the address line. @returns {Message} */
  get message() {
    const { message, complaint } = this.store;
    return message.text || !complaint ? super.message : { text: complaint, kind: "error" };
  }

  get defaults() {
    const range = this.#camera.range ? undefined : [-1, 1];
    const axis = { showticklabels: false, showgrid: false, zeroline: false, ticks: "", range };
    return {
      margin: { l: 4, r: 4, t: 30, b: 24 },
      dragmode: "pan",
      xaxis: axis,
      yaxis: { ...axis },
      legend: { itemsizing: "constant", tracegroupgap: 0, x: 1.01, y: 1, yanchor: "top" },
    };
  }

  describe() {
    const { store, shown, spec, report } = this;
    if (!shown) return this.noteBox.textContent ?? "";
    const { epoch, phase } = shown.entry ?? { epoch: shown.frame.epoch, phase: "" };
    return pointsSentence({
      title: this.figureTitle || tr("Points"),
      n: shown.to.length >> 1,
      all: store.info?.n,
      epoch,
      phase,
      sizes: shown.entry?.list("sizes") ?? null,
      colors: spec.title
        ? tr("{about}; plane: {projection}", { about: this.colorMode.about, projection: spec.title })
        : this.colorMode.about,
      shows: report.shows,
      selected: store.selection?.count,
    });
  }

  /** @returns {Record<string, any>} */
  get config() {
    const home = this.Plotly?.Icons?.home;
    const showAll = { name: tr("Show all"), title: tr("Show all points"), icon: home, click: () => this.showAll() };
    return {
      ...super.config,
      scrollZoom: true,
      doubleClick: false,
      modeBarButtonsToRemove: ["autoScale2d", "resetScale2d", "toImage"],
      modeBarButtonsToAdd: ["select2d", "lasso2d", ...super.config.modeBarButtonsToAdd, showAll],
    };
  }

  layout() {
    const layout = super.layout();
    const { range } = this.#camera;
    if (range) [layout.xaxis.range, layout.yaxis.range] = [range.slice(0, 2), range.slice(2)];
    layout.xaxis.autorange = layout.yaxis.autorange = false;
    layout.margin = pointsMargins(this.root.clientHeight);
    if (!layout.margin.named) layout.xaxis.title = layout.yaxis.title = { text: "" };
    delete layout.title; // the line belongs to what can be shown, and the caption says what this is
    layout.showlegend = false; // the legend below takes less room and wraps
    layout.uirevision = `${this.mode}`;
    return layout;
  }

  get earlyLayout() {
    const { margin, xaxis, yaxis } = this.layout();
    return axesWithin(this.gd, margin, [xaxis.title?.text ?? "", yaxis.title?.text ?? ""]);
  }

  /** Plotly has the axes, a scale of colors, and tools for a mouse; a finger needs none of these. */
  get needsPlotly() {
    return !byTouch() || this.continuous;
  }

  traces() {
    this.#drawn = this.#look;
    const nothing = { ...NOTHING, visible: true };
    if (this.continuous) {
      const { title, low = 0, top = () => 1 } = this.colorMode;
      const tickfont = { color: this.theme.faint };
      const colorbar = { title: { text: title, side: "right" }, thickness: 10, outlinewidth: 0, len: 0.7, tickfont };
      const scale = { cmin: low, cmax: top(this.store.info?.k ?? 2), colorscale: stopsOf(CIVIDIS) };
      return [{ ...nothing, showlegend: false, marker: { color: [0], ...scale, showscale: true, colorbar } }];
    }
    const hidden = this.store.hiddenIn(this.mode);
    return this.groups.map((name, i) => ({
      ...nothing,
      legendgrouptitle: this.figure?.data?.[0]?.legendgrouptitle,
      name,
      uid: `${this.mode}${i}`,
      marker: { color: this.tone(i), size: 9 },
      visible: hidden.has(i) ? "legendonly" : true,
    }));
  }

  started() {
    const { range } = this.#camera;
    if (range && `${range}` !== `${[...this.gd._fullLayout.xaxis.range, ...this.gd._fullLayout.yaxis.range]}`)
      this.#moveAxes(range); // it has moved while Plotly drew
    /** @param {Record<string, unknown>} change */
    const ofAxes = (change) => Object.keys(change).some((key) => /^[xy]axis/.test(key));
    // a gesture is known when it begins: until it ends, a frame would move the axes back
    this.gd.on("plotly_relayouting", (change) => {
      if (ofAxes(change)) this.#camera.zoomed = true;
    });
    this.gd.on("plotly_relayout", (change) => {
      if (!this.#ownMove && ofAxes(change)) this.#camera.zoomed = true;
    });
    this.gd.on("plotly_doubleclick", () => {
      this.store.select(null);
      this.showAll();
    });
    listenForSelections(this);
  }

  /** Shows this part of the plane from now on, as fingers have it. @param {Box} range */
  lookAt(range) {
    Object.assign(this.#camera, { zoomed: true, range });
    this.#moveAxes(range);
  }

  /** Returns to the automatic range, starting with this epoch. */
  showAll() {
    this.#camera.reset();
    this.schedule();
  }

  /** @param {StageEvent} event */
  changed(event) {
    if (event === "data" || event === "info" || event === "view" || event === "update") this.#stale = true;
    const { hidden, info } = this.store;
    const groups = Object.values(hidden).map((one) => [...one]);
    const look = JSON.stringify([this.mode, this.shaped, groups, info?.k, this.colorMode, this.colorMode.top?.(2)]);
    if (look !== this.#look) {
      this.#look = look;
      this.groupLegend.refreshGroups();
    }
    this.frameWhenNeeded(); // other colors may need a scale
    if (this.ready && this.#drawn !== look) this.redraw();
  }

  /** Starts the movement of the points to the frame of the cursor's epoch. @param {number} now */
  #turn(now) {
    const { store } = this;
    const frame = store.frameAt(this.projection, store.current?.epoch ?? null);
    if (frame === (this.shown?.frame ?? null)) return;
    if (this.shown) move(this.shown, now);
    this.#stale = true;
    const old = this.theme.still || document.hidden ? null : this.shown;
    const movement = { now, length: store.cursor.gap, even: store.cursor.playing };
    this.shown = frame && shownFrame(frame, store.entry(frame.epoch), store.info?.k ?? 0, old, movement);
  }

  /**
   * The range to show, moving smoothly; a range the user chose is left alone.
   * @param {number} now
   * @param {Area} area
   * @param {Shown} shown
   * @returns {[range: Box, moves: boolean]}
   */
  #rangeAt(now, { xaxis, yaxis, width, height }, { frame }) {
    const camera = this.#camera;
    if (camera.zoomed) {
      if (this.ready) camera.range = /** @type {Box} */ ([...xaxis.range, ...yaxis.range].map(Number));
      return [camera.range ?? frame.box, false];
    }
    const run = frame.around ?? this.store.framesOf(this.projection)?.box ?? frame.box;
    const turned = camera.lookAt(frame.box, run, width / height, now, this.theme.still);
    const range = camera.range ?? frame.box;
    if (turned) this.#moveAxes(range);
    return camera.seen(range, now);
  }

  /** @param {Box} range */
  async #moveAxes(range) {
    if (!this.ready) {
      this.schedule(); // Plotly's first layout will have them
      return;
    }
    this.#ownMove = true;
    try {
      await this.Plotly.relayout(this.gd, { "xaxis.range": range.slice(0, 2), "yaxis.range": range.slice(2) });
    } finally {
      this.#ownMove = false;
    }
  }

  /** @param {number} now */
  paint(now) {
    const area = this.surface();
    if (!area || area.width < 20 || area.height < 20) return false;
    this.#turn(now);
    const { shown } = this;
    this.groupLegend.refreshCaption();
    this.overlay.refreshButtons();
    this.neighbors.refresh();
    if (!shown) return false;
    if (this.#stale) {
      Object.assign(this, pointStyle(this, shown));
      this.groupLegend.recolor(); // the classes that clusters are matched to may be others
    }
    this.#stale = false;
    const moves = move(shown, now);
    const [range, glides] = this.#rangeAt(now, area, shown);
    const n = shown.to.length / 2;
    const view = viewOf(area, range, moves, dotsOf(this.store.info, n), this.shaped);
    if (!this.painter.shows(view, shown)) {
      this.view = view;
      this.painter.paint(view, shown);
    }
    this.painter.put(area.context, view);
    if (!this.ready) paintAxes(area, this.theme);
    this.#paintOver(area.context, view, shown);
    const plot = [area.width, area.height];
    Object.assign(this.report, { epoch: shown.frame.epoch, n, range, box: shown.frame.box, plot });
    if (!this.ready) nextPaint().then(() => this.store.picture());
    return moves || glides;
  }

  /** Draws the overlays above the points. @param {CanvasRenderingContext2D} context @param {View} view @param {Shown} shown */
  #paintOver(context, view, shown) {
    const { range, sx, sy, dpr, left, top, width, height } = view;
    const { store } = this;
    /** @type {ToScreen} */
    const place = (x, y) => [left + ((x - range[0]) * sx) / dpr, top + ((range[3] - y) * sy) / dpr];
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    this.overlay.paintOver(context, place, view);
    this.neighbors.draw(context, view);
    paintScaleBar(this, context, view);
    if (shown.nowCenters && this.spec.centers !== false) drawCenters(this, context, shown.nowCenters, place);
    for (const point of [store.hovered, store.picked]) {
      if (point === null || 2 * point >= shown.to.length) continue;
      const [x, y] = place(...placeOf(shown, point));
      drawRing(context, x, y, this.theme, point === store.picked);
    }
    context.restore();
  }

  layers() {
    const { view, painter, tint, layer, form, shown } = this;
    if (!view || !shown) return super.layers();
    const asCircles = tint.length <= MOST_CIRCLES; // else in the bitmap below
    const { W, H, dpr, left, top, width, height, sizes } = view;
    const below = make("canvas", "", { width: W, height: H });
    contextOf(below).putImageData(painter.picture(view, !asCircles), 0, 0);
    const { width: w, height: h } = this.gd._fullLayout;
    const above = make("canvas", "", { width: w * dpr, height: h * dpr });
    const context = contextOf(above);
    context.scale(dpr, dpr);
    this.#paintOver(context, view, shown);
    this.schedule(); // the picture that is shown again
    const radii = sizes.map((size) => size / dpr);
    const what = { xy: painter.scratch, tint, layer, form, left, top, dpr, sizes: radii };
    const middle = asCircles ? circles({ ...what, within: [W, H] }) : "";
    const under = `<g transform="translate(${left} ${top})">${bitmap(below, width, height)}</g>`;
    return { under: under + middle + bitmap(above, w, h), over: "" };
  }

  legend() {
    return this.groupLegend.kept;
  }

  destroy() {
    this.neighbors.destroy();
    this.painter.destroy();
    super.destroy();
  }
}
