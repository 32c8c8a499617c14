/** A panel with a Plotly frame: Plotly draws axes, legend and tools, the panel paints on a canvas underneath. */
import { pause } from "../runtime/link.js";
import { length, make } from "./dom.js";
import { Panel } from "./panel.js";
import { bitmap, saving } from "./save_picture.js";
import { dressed } from "./theme.js";

let library = null;
let turn = Promise.resolve();
const PATIENCE = 800; // ms that curves and heat maps leave the browser to the points

/** plotly.js: the page's own, or loaded once. */
export function plotly(url) {
  if (window.Plotly?.newPlot) return Promise.resolve(window.Plotly);
  library ??= new Promise((resolve, reject) => {
    const script = make("script", "", { src: url, async: true });
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("no Plotly")));
    script.onerror = () => reject(new Error("Plotly did not load"));
    document.head.append(script);
  });
  library.catch(() => (library = null));
  return library;
}

/** Draws a plot that nobody sees: the first one takes a browser much longer than the next. */
export async function warmUp(url) {
  const Plotly = await plotly(url);
  const place = make("div");
  await Plotly.newPlot(
    place,
    [{ type: "scatter", mode: "markers", x: [0], y: [0] }],
    { width: 300, height: 200, title: { text: "0" } },
    CONFIG,
  );
  Plotly.purge(place);
}

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  responsive: false,
  displayModeBar: "hover",
  scrollZoom: false,
  doubleClick: "reset",
};

export class PlotPanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    this.root.style.height = length(data.height ?? 360);
    this.gd = make("div", "es-plot");
    this.noteBox = make("div", "es-note");
    this.root.prepend(this.gd, this.noteBox);
    this.watcher = new ResizeObserver(() => this.#sized());
    this.watcher.observe(this.root);
    this.say();
  }

  /** Layout that holds where Python's figure says nothing. */
  get defaults() {
    return { margin: { l: 8, r: 8, t: 28, b: 26 } };
  }

  get config() {
    const add = saving(this);
    return {
      ...CONFIG,
      ...this.data.figure?.config,
      displaylogo: false,
      showSendToCloud: false,
      responsive: false,
      modeBarButtonsToAdd: add,
      modeBarButtonsToRemove: ["toImage"],
    };
  }

  /** Makes sure that everything shown is there to be kept. */
  async complete() {}

  /** For a picture to keep: what the panel has painted below and above Plotly's part, as SVG. */
  layers() {
    if (!this.canvas?.width) return { under: "", over: "" };
    const { width, height } = this.gd._fullLayout;
    const made = bitmap(this.canvas, width, height);
    return this.canvas.style.zIndex ? { under: "", over: made } : { under: made, over: "" };
  }

  /** For a picture to keep: {key: [[name, color], ...], caption, runs: in words}, as far as Plotly does not draw them. */
  legend() {
    return { caption: this.caption?.textContent };
  }

  /** The figure as Python made it. */
  get figure() {
    return this.data.figure;
  }

  traces() {
    return this.figure?.data ?? [];
  }

  layout() {
    const layout = dressed(this.figure?.layout ?? {}, this.theme, this.root.clientWidth, this.defaults);
    layout.modebar.orientation = "v"; // the first line belongs to the title and its menu
    if (this.head) delete layout.title;
    return layout;
  }

  async #sized() {
    const width = this.root.clientWidth;
    if (!width || this.gone) return;
    if (!this.starting) {
      this.starting = true;
      this.lastWidth = width;
      await this.#start();
    } else if (this.ready) {
      if (Math.floor(width / 65) !== Math.floor(this.lastWidth / 65)) await this.redress(); // other legends, other ticks
      this.lastWidth = width;
      if (this.root.clientWidth && !this.gone) await this.Plotly.Plots.resize(this.gd).catch(() => {});
    }
    this.schedule();
  }

  async #start() {
    try {
      this.Plotly = await plotly(this.data.plotly);
    } catch {
      this.say("The plot library could not be loaded; reload the page to try again.");
      return;
    }
    if (this.store.figures)
      await this.store.begun; // nothing to draw before
    else if (!this.projection) await Promise.race([this.store.begun, pause(PATIENCE)]); // the points come first
    const before = turn; // one plot at a time: each takes the browser a moment
    let done;
    turn = new Promise((resolve) => (done = resolve));
    await before;
    try {
      if (this.gone) return;
      await this.Plotly.newPlot(this.gd, this.traces(), this.layout(), this.config);
      if (this.gone) return this.Plotly.purge(this.gd);
      this.canvas = make("canvas", "es-canvas");
      this.context = this.canvas.getContext("2d");
      this.#place();
      for (const name of ["relayout", "relayouting", "restyle", "afterplot"])
        this.gd.on(`plotly_${name}`, () => this.schedule());
      this.ready = true;
      this.started();
      this.hear("update");
    } catch (error) {
      console.error("epochscope panel:", error);
      this.say("This figure could not be drawn.");
    } finally {
      requestAnimationFrame(() => setTimeout(done, 0)); // what has moved is painted in between
    }
  }

  #place() {
    const box = this.gd.querySelector(".svg-container");
    if (box && this.canvas.parentElement !== box) box.prepend(this.canvas);
  }

  /** Called once, when the frame stands: the place for Plotly's events. */
  started() {}

  update(data) {
    const changed = JSON.stringify(data.figure) !== JSON.stringify(this.data.figure);
    const before = JSON.stringify(this.theme);
    this.root.style.height = length(data.height ?? 360);
    super.update(data);
    if (this.ready && (changed || JSON.stringify(this.theme) !== before)) this.redress();
  }

  /** Gives Plotly the figure again: after a change of theme, width or figure. What the user zoomed stays. */
  async redress() {
    if (!this.ready || !this.root.clientWidth) return;
    try {
      await this.Plotly.react(this.gd, this.traces(), this.layout(), this.config);
    } catch (error) {
      if (!this.gone) throw error; // taken away while Plotly drew
    }
    if (this.gone) return;
    this.report.redrawn = (this.report.redrawn ?? 0) + 1;
    this.#place();
    this.schedule();
  }

  /** Sizes the canvas and says where the plot is, in CSS pixels; null while nothing can be painted. */
  surface() {
    if (!this.ready || !this.root.clientWidth) return null;
    const full = this.gd._fullLayout;
    if (!full?.xaxis || !full._size) return null;
    this.#place();
    const dpr = this.sharpness;
    const [w, h] = [full.width, full.height];
    const { canvas, context } = this;
    if (canvas.width !== Math.round(w * dpr) || canvas.height !== Math.round(h * dpr)) {
      canvas.width = Math.round(w * dpr);
      canvas.height = Math.round(h * dpr);
      canvas.style.width = `${w}px`;
      canvas.style.height = `${h}px`;
    }
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.clearRect(0, 0, w, h);
    context.font = `11px ${this.theme.font}`;
    const { xaxis, yaxis } = full;
    return {
      dpr,
      context,
      xaxis,
      yaxis,
      left: xaxis._offset,
      top: yaxis._offset,
      width: xaxis._length,
      height: yaxis._length,
      full: { w, h },
    };
  }

  /** Position of a pointer event in the plot, or null outside of it. */
  pointer(event) {
    const full = this.gd._fullLayout;
    if (!this.ready || !full?.xaxis) return null;
    const box = this.gd.getBoundingClientRect();
    const x = (event.clientX - box.left) / this.scale;
    const y = (event.clientY - box.top) / this.scale;
    const { _offset: left, _length: width } = full.xaxis;
    const { _offset: top, _length: height } = full.yaxis;
    if (x < left || y < top || x > left + width || y > top + height) return null;
    return { x, y, px: x - left, py: y - top };
  }

  /** Calls back for clicks in the plot that are no drags, whatever Plotly makes of them. */
  onClick(callback) {
    let down = null;
    this.gd.addEventListener(
      "pointerdown",
      (e) => (down = e.button === 0 && !e.target.closest?.(".legend,.modebar") ? [e.clientX, e.clientY] : null),
      true,
    );
    this.lift = (e) => {
      const at = down && Math.hypot(e.clientX - down[0], e.clientY - down[1]) < 4 ? this.pointer(e) : null;
      down = null;
      if (at) callback(at, e);
    };
    window.addEventListener("pointerup", this.lift, true);
  }

  /** One sentence in the middle of the panel; empty to take it away. */
  say(text) {
    super.say();
    if (text !== undefined && this.noteBox.textContent !== text) this.noteBox.textContent = text;
  }

  destroy() {
    window.removeEventListener("pointerup", this.lift, true);
    this.watcher.disconnect();
    if (this.ready) this.Plotly.purge(this.gd);
    super.destroy();
  }
}
