/**
 * A video of one panel, or of all on the page, epoch after epoch at the speed that is chosen for playing: with title, epoch
 * and key on each picture. Panels paint at the times of the video, not at those of the clock, so that it is smooth however
 * long a picture takes.
 */
import { tr } from "../data/language.js";
import { pause } from "../runtime/time.js";
import { contextOf, make } from "./dom.js";
import { encoding } from "./encode.js";
import { percent } from "./format.js";
import { legendRows, wordsOf, wrapped } from "./picture_words.js";

/**
 * @import { Cursor } from "../runtime/cursor.js"
 * @import { Store } from "../runtime/store.js"
 * @import { PlotPanel } from "./plot_panel.js"
 *
 * @typedef {object} Part  a panel in the video
 * @property {PlotPanel<any>} panel
 * @property {number} x  CSS pixels
 * @property {number} y
 * @property {HTMLImageElement | null} frame  what Plotly draws of it
 * @property {string} key  of that
 *
 * @typedef {object} Filming
 * @property {(share: number) => void} progress
 * @property {AbortSignal} signal
 */

const RATE = 30; // frames a second
const INTERVAL = 500; // ms from one epoch to the next at speed 1
const REST = [500, 1200]; // ms for which the first and the last epoch stay
const WIDEST = 1920; // pixels
const LINE = 17;
const EDGE = 8;
const MOST_FRAMES = 20_000;

/** Whether a panel can be filmed, once Plotly has drawn its frame. @param {any} panel @returns {panel is PlotPanel<any>} */
export const filmable = (panel) => Boolean(panel.gd && !panel.failed && panel.root.clientWidth);

/**
 * The video of these panels of a run.
 * @param {PlotPanel<any>[]} asked  at least one; with several, where they stand on the page
 * @param {Filming} filming
 * @returns {Promise<Blob>}
 */
export async function film(asked, { progress, signal }) {
  await Promise.all(asked.map((panel) => panel.framed())); // a phone has drawn those in sight only
  const panels = asked.filter(({ ready, root }) => ready && root.clientWidth);
  if (!panels.length) throw new Error(tr("The plot library could not be loaded; reload the page to try again."));
  /** @type {Store} */
  const store = panels[0].store;
  const { cursor } = store;
  const epochs = [...cursor.epochs];
  const gap = INTERVAL / cursor.speed;
  const length = REST[0] + gap * Math.max(0, epochs.length - 1) + REST[1];
  const count = Math.ceil((length / 1000) * RATE);
  if (!epochs.length) throw new Error(tr("There is no epoch to be filmed yet."));
  if (count > MOST_FRAMES)
    throw new Error(tr("This video would have {n} frames; choose a higher speed.", { n: count }));
  const before = { chosen: cursor.epoch, follow: cursor.follow };
  const scene = new Scene(panels);
  const encoder = await encoding(scene.canvas, RATE);
  const began = performance.now();
  for (const panel of panels) panel.filming = scene.scale;
  try {
    let shown = -1;
    for (let i = 0; i < count; i++) {
      if (signal.aborted) throw new DOMException("stopped", "AbortError");
      const at = (1000 * i) / RATE;
      const place = Math.min(epochs.length - 1, Math.max(0, Math.floor((at - REST[0]) / gap + 1e-9) + 1));
      const next = at < REST[0] ? 0 : place;
      if (next !== shown) {
        shown = next;
        await turn(panels, cursor, epochs[shown], gap);
        scene.paintPanels(began + at);
        await scene.refresh();
      }
      scene.paint(began + at);
      await encoder.add(scene.canvas, Math.round(at));
      if (i % 10 === 0) {
        progress(i / count);
        await pause(0);
      }
    }
    return await encoder.finish(length);
  } finally {
    encoder.close();
    for (const panel of panels) panel.filming = 0;
    if (before.follow) cursor.goLive();
    else if (before.chosen !== null) cursor.seek(before.chosen);
    for (const panel of panels) panel.schedule();
  }
}

/** Moves to an epoch, and waits until its arrays are there. @param {PlotPanel<any>[]} panels @param {Cursor} cursor @param {number} epoch @param {number} gap */
async function turn(panels, cursor, epoch, gap) {
  cursor.seek(epoch);
  cursor.gap = gap;
  /** @param {PlotPanel<any>} panel */
  const lacks = ({ store, projection }) => {
    const { current } = store;
    const frame = current && store.framesOf?.(projection)?.frames.get(current.epoch);
    return (
      Boolean(frame?.apart && !frame.xy.length) ||
      Object.keys(current?.apart ?? {}).some((name) => !current.channels[name])
    );
  };
  for (let tries = 0; tries < 200 && panels.some(lacks); tries++) await pause(25); // a long run: they are asked for
  for (const panel of panels) await panel.complete();
}

/** The picture of all panels. */
class Scene {
  /** @param {PlotPanel<any>[]} panels */
  constructor(panels) {
    this.panels = panels;
    const boxes = panels.map(({ gd }) => gd.getBoundingClientRect());
    const left = Math.min(...boxes.map((box) => box.left));
    const top = Math.min(...boxes.map((box) => box.top));
    this.width = Math.max(...boxes.map((box) => box.right)) - left;
    this.theme = panels[0].theme;
    this.alone = panels.length === 1;
    this.words = wordsOf(panels[0]);
    this.rows = legendRows(this.#groups(), this.width - 2 * EDGE, this.theme);
    this.caption = this.alone ? wrapped(this.words.caption, this.width - 2 * EDGE, this.theme).slice(0, 2) : [];
    this.head = EDGE + (this.words.title && this.alone ? 2 : 1) * LINE + (this.alone ? 0 : LINE);
    this.plots = Math.max(...boxes.map((box) => box.bottom)) - top;
    const height = this.head + this.plots + (this.rows.length + this.caption.length) * LINE + EDGE;
    this.scale = Math.min(2, WIDEST / this.width);
    /** @param {number} size */
    const even = (size) => 2 * Math.round((size * this.scale) / 2);
    this.canvas = make("canvas", "", { width: even(this.width), height: even(height) });
    this.context = contextOf(this.canvas);
    /** @type {Part[]} */
    this.parts = panels.map((panel, i) => {
      const y = this.head + boxes[i].top - top;
      return { panel, x: boxes[i].left - left, y, frame: null, key: "" };
    });
  }

  /** The key below: that of the one panel, or of the points. */
  #groups() {
    const panel = this.alone ? this.panels[0] : this.panels.find(({ spec }) => spec.kind === "points");
    return panel?.legend().groups ?? [];
  }

  /** @param {number} now */
  paintPanels(now) {
    for (const panel of this.panels) panel.paint(now);
  }

  /** Draws what Plotly shows anew, where it has changed. */
  async refresh() {
    for (const part of this.parts) {
      const { gd, Plotly, report } = part.panel;
      const { width, height, xaxis, yaxis } = gd._fullLayout;
      const key = JSON.stringify([width, height, xaxis?.range, yaxis?.range, report.redrawn]);
      if (key === part.key) continue;
      const image = new Image();
      image.src = await Plotly.toImage(gd, { format: "svg", width, height });
      await image.decode();
      Object.assign(part, { frame: image, key });
    }
  }

  /** One picture. @param {number} now */
  paint(now) {
    const { context, scale, theme } = this;
    this.paintPanels(now);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const { panel, x, y, frame } of this.parts) {
      const { width, height } = panel.gd._fullLayout;
      const above = Boolean(panel.canvas.style.zIndex);
      if (!above) this.#put(panel.canvas, x, y, width, height);
      if (frame) context.drawImage(frame, x, y, width, height);
      if (above) this.#put(panel.canvas, x, y, width, height);
      if (!this.alone) this.#writePanel(panel, x + 6, y + 15, width - 12);
    }
    this.#writeWords();
  }

  /** @param {HTMLCanvasElement} canvas @param {number} x @param {number} y @param {number} width @param {number} height */
  #put(canvas, x, y, width, height) {
    if (canvas.width && canvas.height) this.context.drawImage(canvas, x, y, width, height);
  }

  /** @param {string} words @param {number} x @param {number} y @param {string} font @param {string} color */
  #write(words, x, y, font, color) {
    const { context } = this;
    context.font = `${font} ${this.theme.font}`;
    context.fillStyle = color;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(words, x, y, this.width - x);
  }

  /** Title and key of one of several panels, where the page has them. @param {PlotPanel<any>} panel @param {number} x @param {number} y @param {number} width */
  #writePanel(panel, x, y, width) {
    const { theme } = this;
    if (panel.titleMenu) this.#write(panel.titleMenu.title, x, y, "600 13px", theme.text);
    const groups = panel.spec.kind === "points" ? [] : (panel.legend().groups ?? []);
    for (const [i, row] of legendRows(groups, width, theme).slice(0, 2).entries())
      this.#writeKey(row, x - EDGE, y + (i + 1) * LINE);
  }

  /** A row of a key. @param {{x: number, name: string, color: string}[]} row @param {number} left @param {number} y */
  #writeKey(row, left, y) {
    const { context } = this;
    for (const { x, name, color } of row) {
      context.beginPath();
      context.arc(left + x + 5, y - 4, 4.5, 0, 2 * Math.PI);
      context.fillStyle = color;
      context.fill();
      this.#write(name, left + x + 14, y, "12px", this.theme.text);
    }
  }

  #writeWords() {
    const { theme, panels } = this;
    const { title, subtitle } = wordsOf(panels[0]);
    let y = LINE;
    if (this.alone && title) {
      this.#write(title, EDGE, y, "600 14px", theme.text);
      y += LINE;
    }
    this.#write(subtitle, EDGE, y, this.alone ? "12px" : "600 14px", this.alone ? theme.faint : theme.text);
    if (!this.alone) this.#write(scoresOf(panels[0].store), EDGE, y + LINE, "12px", theme.faint);
    y = this.head + this.plots;
    for (const row of this.rows) {
      y += LINE;
      this.#writeKey(row, 0, y - 5);
    }
    for (const line of this.caption) {
      y += LINE;
      this.#write(line, EDGE, y - 5, "12px", theme.faint);
    }
  }
}

/** ACC, NMI and ARI of the epoch that is shown. @param {Store} store */
function scoresOf({ current }) {
  const scores = current?.scores ?? {};
  return ["acc", "nmi", "ari"]
    .filter((name) => typeof scores[name] === "number")
    .map((name) => `${name.toUpperCase()} ${percent(scores[name])}`)
    .join("   ");
}
