/** A panel with a Plotly frame: Plotly draws axes, legend and tools, the panel paints on a canvas underneath. */
import { tr } from "../data/language.js";
import { pause } from "../runtime/time.js";
import { contextOf, length, make, resizeCanvas, setText } from "./dom.js";
import { Panel } from "./panel.js";
import { nameParts, titleOf } from "./plot_names.js";
import { CONFIG, FIXED, fetchAhead, plotly } from "./plotly.js";
import { Roving } from "./roving.js";
import { bitmap, saveButtons } from "./save_picture.js";
import { byTouch, PATIENCE, patience, whenInSight } from "./sight.js";
import { themedLayout } from "./theme.js";

/** @import { Store } from "../runtime/store.js" */
/** @import { PictureLegend } from "./picture_words.js" */
/** @import { PanelData, PanelStore, Reporting } from "./panel.js" */

/**
 * @typedef {HTMLElement & {_fullLayout: any, _fullData: any[], on: (event: string, listener: (change: any) => void) => void}} PlotElement
 *   an element in which Plotly draws
 *
 * @typedef {object} Area  where the plot is, in CSS pixels
 * @property {number} dpr  pixels of the canvas for one CSS pixel
 * @property {CanvasRenderingContext2D} context
 * @property {any} xaxis
 * @property {any} yaxis
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Place  of a pointer: in the panel, and from the corner of the plot
 * @property {number} x
 * @property {number} y
 * @property {number} px
 * @property {number} py
 */

export { NOTHING } from "./plotly.js";

let lastPlot = Promise.resolve();
const STEP = 65; // CSS pixels of width or height, by which legends and ticks may change

/**
 * @template {PanelStore} [S=Store]
 * @extends {Panel<S>}
 */
export class PlotPanel extends Panel {
  /** @type {any}  plotly.js, once it is there */
  Plotly = null;
  ready = false;
  gd = /** @type {PlotElement} */ (/** @type {unknown} */ (make("div", "es-plot")));
  tools = new Roving(this.gd, ".modebar-btn");
  noteBox = make("div", "es-note");
  canvas = make("canvas", "es-canvas");
  context = contextOf(this.canvas);
  /** @type {HTMLElement | null}  a line or two below the plot */
  caption = null;
  /** @type {Promise<void> | null}  kept once it has */
  #framed = null;
  /** @type {any}  axes before Plotly is there; null: to be found anew */
  #early = null;
  /** @type {(() => void) | null}  ends waiting for being seen */
  #unseen = null;
  /** CSS pixels, as last noticed: to ask the browser costs a layout. @type {number | undefined} */
  #width;
  #lastSteps = ""; // of width and height
  /** @type {((event: PointerEvent) => void) | null} */
  #release = null;

  /**
   * @param {HTMLElement} host
   * @param {PanelData} data
   * @param {Reporting & {store: S, key?: string}} context
   */
  constructor(host, data, context) {
    super(host, data, context);
    this.root.dataset.plot = "";
    this.#takeRoom();
    this.root.prepend(this.gd, this.noteBox);
    this.watcher = new ResizeObserver(() => this.#resized());
    this.watcher.observe(this.root);
  }

  /** The height that Python asks for; a page may show its panels enlarged, by --es-scale. */
  #takeRoom() {
    const height = length(this.data.height ?? 360);
    this.host.style.height = height;
    this.root.style.height = `calc((${height}) / var(--es-scale, 1))`;
  }

  /** Layout that holds where Python's figure says nothing. @returns {Record<string, any>} */
  get defaults() {
    return { margin: { l: 8, r: 8, t: 28, b: 26 } };
  }

  /** @returns {Record<string, any>} */
  get config() {
    const more = { modeBarButtonsToAdd: saveButtons(this), modeBarButtonsToRemove: ["toImage"] };
    const tools = byTouch() ? { displayModeBar: false } : {}; // they would lie on the picture all the time
    return { ...CONFIG, ...this.data.figure?.config, ...FIXED, ...more, ...tools };
  }

  /** Makes sure that everything shown is there to be kept. */
  async complete() {}

  /** For a picture to keep: what the panel has painted below and above Plotly's part, as SVG. */
  layers() {
    if (!this.canvas.width) return { under: "", over: "" };
    const { width, height } = this.gd._fullLayout;
    const made = bitmap(this.canvas, width, height);
    return this.canvas.style.zIndex ? { under: "", over: made } : { under: made, over: "" };
  }

  /** For a picture to keep: what Plotly does not draw. @returns {PictureLegend} */
  legend() {
    return { caption: this.caption?.textContent };
  }

  /** The figure as Python made it. */
  get figure() {
    return this.data.figure;
  }

  /** @returns {any[]} */
  traces() {
    return this.figure?.data ?? [];
  }

  /** @returns {Record<string, any>} */
  layout() {
    const layout = themedLayout(this.figure?.layout ?? {}, this.theme, this.root.clientWidth, this.defaults);
    layout.modebar.orientation = "v"; // the first line belongs to the title and its menu
    if (this.titleMenu) delete layout.title;
    if (byTouch()) layout.dragmode = false; // a finger turns the page
    return layout;
  }

  async #resized() {
    const { clientWidth: width, clientHeight: height } = this.root;
    this.#width = width;
    this.#early = null;
    if (!width || this.gone || this.failed) return;
    this.rescale();
    const steps = `${Math.floor(width / STEP)} ${Math.floor(height / STEP)}`;
    const changed = steps !== this.#lastSteps;
    this.#lastSteps = steps;
    this.frameWhenNeeded();
    if (this.ready) {
      if (changed) await this.redraw();
      if (this.root.clientWidth && !this.gone)
        await this.tools.keepFocusThrough(() => this.Plotly.Plots.resize(this.gd).catch(() => {}));
    }
    this.schedule();
  }

  /** Whether what is to be seen needs plotly.js, which a phone loads for nothing else. */
  get needsPlotly() {
    return true;
  }

  /** Has Plotly draw the frame once it is needed and the panel has room; on a phone, once it is in sight as well. */
  frameWhenNeeded() {
    if (this.#framed || this.#unseen || !this.#width || !this.needsPlotly) return;
    if (byTouch()) this.#unseen = whenInSight(this.root, () => this.framed());
    else this.framed();
  }

  /** Has Plotly draw the frame now. Kept once it stands, or it is said why there is none. @returns {Promise<void>} */
  framed() {
    this.#framed ??= this.#begin();
    return this.#framed;
  }

  /** Kept when this plot may be drawn: the points come first. @returns {Promise<unknown>} */
  get turnToDraw() {
    return this.projection ? Promise.resolve() : Promise.race([this.store.begun, pause(PATIENCE)]);
  }

  async #begin() {
    const turn = this.turnToDraw; // its patience begins now
    if (!(/** @type {any} */ (window).Plotly)) {
      if (!byTouch()) fetchAhead(this.data.plotly);
      await Promise.race([this.store.pictured, pause(patience(this.store))]);
    }
    try {
      this.Plotly = await plotly(this.data.plotly);
    } catch {
      this.say(tr("The plot library could not be loaded; reload the page to try again."));
      return;
    }
    await turn;
    const before = lastPlot; // one plot at a time: each takes the browser a moment
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    lastPlot = promise;
    await before;
    try {
      if (this.gone || this.failed) return;
      await this.Plotly.newPlot(this.gd, this.traces(), this.layout(), this.config);
      if (this.gone) {
        this.Plotly.purge(this.gd);
        return;
      }
      this.#placeCanvas();
      nameParts(this.gd);
      this.tools.refresh();
      for (const name of ["relayout", "relayouting", "restyle", "afterplot"])
        this.gd.on(`plotly_${name}`, () => this.schedule());
      this.ready = true;
      this.started();
      this.handleEvent("update");
    } catch (error) {
      console.error("epochscope panel:", error);
      this.say(tr("This figure could not be drawn."));
    } finally {
      requestAnimationFrame(() => setTimeout(resolve, 0)); // what has moved is painted in between
    }
  }

  #placeCanvas() {
    const box = this.gd.querySelector(".svg-container") ?? this.gd;
    if (this.canvas.parentElement !== box) box.prepend(this.canvas);
  }

  get figureTitle() {
    return super.figureTitle || titleOf(this.figure);
  }

  /** Called once, when the frame stands: the place for Plotly's events. */
  started() {}

  /** @param {PanelData} data */
  update(data) {
    const changed = JSON.stringify(data.figure) !== JSON.stringify(this.data.figure);
    const before = JSON.stringify(this.theme);
    super.update(data);
    this.#early = null;
    this.#takeRoom();
    if (this.ready && (changed || JSON.stringify(this.theme) !== before)) this.redraw();
  }

  /** Gives Plotly the figure again: after a change of theme, width or figure. What the user zoomed stays. */
  async redraw() {
    if (!this.ready || !this.root.clientWidth) return;
    await this.tools.keepFocusThrough(async () => {
      try {
        await this.Plotly.react(this.gd, this.traces(), this.layout(), this.config);
      } catch (error) {
        if (!this.gone) throw error; // taken away while Plotly drew
      }
      if (!this.gone) nameParts(this.gd);
    });
    if (this.gone) return;
    this.report.redrawn = (this.report.redrawn ?? 0) + 1;
    this.#placeCanvas();
    this.schedule();
  }

  /** What stands for Plotly's layout until Plotly is there; null: nothing is painted before. @returns {any} */
  get earlyLayout() {
    return null;
  }

  /** Where axes and margins are: Plotly's full layout, once there is one. */
  get #full() {
    if (this.ready) return this.gd._fullLayout;
    this.#early ??= this.earlyLayout;
    return this.#early;
  }

  /** Sizes and clears the canvas, and says where the plot is; null while nothing can be painted. @returns {Area | null} */
  surface() {
    if (!(this.#width ?? this.root.clientWidth)) return null;
    const full = this.#full;
    if (!full?.xaxis || !full._size) return null;
    this.#placeCanvas();
    const dpr = this.sharpness;
    const [w, h] = [full.width, full.height];
    const { canvas, context } = this;
    resizeCanvas(canvas, w, h, dpr);
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.clearRect(0, 0, w, h);
    context.font = `11px ${this.theme.font}`;
    const { xaxis, yaxis } = full;
    const [left, top, width, height] = [xaxis._offset, yaxis._offset, xaxis._length, yaxis._length];
    return { dpr, context, xaxis, yaxis, left, top, width, height };
  }

  /** Where a pointer is, or null outside of the plot. @param {{clientX: number, clientY: number}} event @returns {Place | null} */
  pointer(event) {
    const full = this.#full;
    if (!full?.xaxis) return null;
    const box = this.gd.getBoundingClientRect();
    const x = (event.clientX - box.left) / this.scale;
    const y = (event.clientY - box.top) / this.scale;
    const { _offset: left, _length: width } = full.xaxis;
    const { _offset: top, _length: height } = full.yaxis;
    if (x < left || y < top || x > left + width || y > top + height) return null;
    return { x, y, px: x - left, py: y - top };
  }

  /**
   * Calls back for clicks in the plot that are no drags, whatever Plotly makes of them.
   * @param {(at: Place, event: PointerEvent) => void} callback
   */
  onClick(callback) {
    /** @type {[number, number] | null} */
    let down = null;
    const press = (/** @type {PointerEvent} */ event) => {
      const other = event.target instanceof Element && event.target.closest(".legend,.modebar");
      down = event.button === 0 && !other ? [event.clientX, event.clientY] : null;
    };
    this.#release = (event) => {
      const still = down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4;
      const at = still ? this.pointer(event) : null;
      down = null;
      if (at) callback(at, event);
    };
    this.gd.addEventListener("pointerdown", press, true);
    window.addEventListener("pointerup", this.#release, true);
  }

  /** One sentence in the middle of the panel; empty to take it away. @param {string} text */
  say(text) {
    setText(this.noteBox, text);
  }

  /** Says why there is nothing at an epoch. @param {string} missing  "No pull", for one */
  sayMissing(missing) {
    this.say(this.whyNothing(missing));
  }

  destroy() {
    if (this.#release) window.removeEventListener("pointerup", this.#release, true);
    this.watcher.disconnect();
    this.#unseen?.();
    this.host.style.height = "";
    if (this.ready) this.Plotly.purge(this.gd);
    super.destroy();
  }
}
