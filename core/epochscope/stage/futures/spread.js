/**
 * Scores of all members over the epochs: a thin line each, the median in bold, and at the right the distribution at the
 * epoch of the cursor.
 */
import { contextOf, length, make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { marked, tr } from "../data/language.js";
import { alpha } from "../render/color.js";

/** @import { FuturesStore } from "./futures_store.js" */

const NAMES = /** @type {Record<string, string>} */ ({ acc: "ACC", nmi: "NMI", changed: marked("changed labels") });
const LEFT = 34; // CSS pixels for the numbers of the axis
const SIDE = 54; // CSS pixels for the distribution
const BINS = 20;

/** The middle of some numbers. @param {number[]} values */
export function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many values are in each of `bins` even parts of low..high. @param {number[]} values @param {number} low @param {number} high */
export function histogram(values, low, high, bins = BINS) {
  const counts = new Array(bins).fill(0);
  for (const value of values)
    counts[Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins)))]++;
  return counts;
}

/** @extends {Panel<FuturesStore>} */
export class SpreadPanel extends Panel {
  canvas = make("canvas", "", { role: "img", "aria-label": tr("Scores of all members over the epochs") });
  /** @type {string[]}  the distributions at the cursor, for who does not see them */
  #said = [];
  #size = new ResizeObserver(() => this.schedule());

  start() {
    this.root.append(this.canvas);
    this.root.style.height = length(this.data.height ?? 360);
    this.#size.observe(this.root);
    super.start();
  }

  destroy() {
    this.#size.disconnect();
    super.destroy();
  }

  /** Only the pictures of the members say what is wrong. */
  showMessage() {}

  /** The scores that there are to be shown. */
  get names() {
    const has = (/** @type {string} */ name) => this.store.epochs.some(({ scores }) => scores[name]);
    const found = ["acc", "nmi"].filter(has);
    return found.length ? found : has("changed") ? ["changed"] : [];
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.root;
    const scale = this.sharpness;
    const { canvas, names } = this;
    Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = contextOf(canvas);
    context.scale(scale, scale);
    context.font = `12px ${this.theme.font}`;
    if (!names.length) {
      context.fillStyle = this.theme.faint;
      context.fillText(tr("Scores appear with the first clusters."), LEFT, height / 2);
    }
    this.#said = [];
    const each = height / Math.max(1, names.length);
    for (const [i, name] of names.entries()) this.#draw(context, name, i * each, width, each);
    const { current, epochs } = this.store;
    const said = [tr("Scores of all members over the epochs"), ...this.#said].join("; ");
    if (canvas.getAttribute("aria-label") !== said) canvas.setAttribute("aria-label", said);
    Object.assign(this.report, { epoch: current?.epoch ?? null, n: epochs.length, names });
    return false;
  }

  /** @param {CanvasRenderingContext2D} context @param {string} name @param {number} y0 @param {number} width @param {number} height */
  #draw(context, name, y0, width, height) {
    const { store, theme } = this;
    const { epochs } = store;
    const [top, bottom] = [y0 + 24, y0 + height - 20];
    const all = epochs.flatMap(({ scores }) => scores[name] ?? []).filter((value) => value !== null);
    const low = Math.floor(Math.min(...all) * 10) / 10;
    const high = Math.max(low + 0.1, Math.ceil(Math.max(...all) * 10) / 10);
    const last = Math.max(1, epochs.at(-1)?.epoch ?? 1);
    const first = epochs.find(({ scores }) => scores[name])?.epoch ?? 0;
    const right = width - SIDE;
    /** @param {number} epoch */
    const x = (epoch) => LEFT + ((epoch - first) / Math.max(1, last - first)) * (right - LEFT - 6);
    /** @param {number} value */
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    context.fillStyle = theme.text;
    context.fillText(tr(NAMES[name] ?? name), LEFT, y0 + 14);
    this.#axes(context, { low, high, y, left: LEFT, right: width, first, last, x, bottom });
    for (const [member] of (store.about?.members ?? []).entries()) {
      const marked = store.hovered === member;
      context.strokeStyle = marked ? theme.primary : alpha(theme.text, 0.28);
      context.lineWidth = marked ? 2.5 : 1;
      this.#line(
        context,
        epochs.map((one) => [x(one.epoch), one.scores[name]?.[one.members.indexOf(member)]]),
        y,
      );
    }
    context.strokeStyle = this.color(0);
    context.lineWidth = 2.5;
    /** @type {Map<number, number>}  of each member, also of those that have ended */
    const latest = new Map();
    const medians = epochs.map((one) => {
      for (const [row, member] of one.members.entries()) {
        const value = one.scores[name]?.[row];
        if (value != null) latest.set(member, value);
      }
      return /** @type {[number, number | null]} */ ([
        x(one.epoch),
        latest.size ? medianOf([...latest.values()]) : null,
      ]);
    });
    this.#line(context, medians, y);
    this.#cursor(context, { x, low, high, top, bottom, right, name, y0 });
  }

  /** @param {CanvasRenderingContext2D} context @param {any} at */
  #axes(context, { low, high, y, left, right, first, last, x, bottom }) {
    const { theme } = this;
    context.lineWidth = 1;
    context.textAlign = "right";
    for (const value of [low, (low + high) / 2, high]) {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(left, y(value));
      context.lineTo(right, y(value));
      context.stroke();
      context.fillStyle = theme.faint;
      context.fillText(value.toFixed(2), left - 4, y(value) + 4);
    }
    context.textAlign = "left";
    const named = tr("epoch {n}", { n: last });
    context.fillText(last > first ? `${first}` : named, x(first), bottom + 14);
    context.textAlign = "right";
    if (last > first) context.fillText(named, x(last), bottom + 14);
    context.textAlign = "left";
  }

  /** @param {CanvasRenderingContext2D} context @param {(readonly [number, number | null | undefined])[]} points @param {(value: number) => number} y */
  #line(context, points, y) {
    context.beginPath();
    let on = false;
    for (const [x, value] of points) {
      if (value == null) on = false;
      else if (on) context.lineTo(x, y(value));
      else context.moveTo(x, y(value));
      on = value != null;
    }
    context.stroke();
  }

  /** The line of the cursor, and the distribution there. @param {CanvasRenderingContext2D} context @param {any} at */
  #cursor(context, { x, low, high, top, bottom, right, name, y0 }) {
    const { store, theme } = this;
    const members = [...(store.about?.members ?? []).keys()];
    const values = /** @type {number[]} */ (
      members
        .map((member) => {
          const found = store.rowOf(member);
          return found?.epoch.scores[name]?.[found.row];
        })
        .filter((value) => value != null)
    );
    if (!values.length || !store.current) return;
    context.strokeStyle = alpha(theme.text, 0.6);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(store.current.epoch), top);
    context.lineTo(x(store.current.epoch), bottom);
    context.stroke();
    const counts = histogram(values, low, high);
    const most = Math.max(...counts);
    const tall = (bottom - top) / BINS;
    context.fillStyle = alpha(this.color(0), 0.55);
    for (const [i, count] of counts.entries())
      context.fillRect(right, bottom - (i + 1) * tall + 0.5, (count / most) * (SIDE - 6), Math.max(1, tall - 1));
    const [least, greatest] = [Math.min(...values), Math.max(...values)];
    context.fillStyle = theme.faint;
    context.textAlign = "right";
    const words = tr("median {median}, {least} to {most}", {
      median: medianOf(values).toFixed(3),
      least: least.toFixed(3),
      most: greatest.toFixed(3),
    });
    context.fillText(words, right + SIDE - 6, y0 + 14);
    this.#said.push(`${tr(NAMES[name] ?? name)}: ${words}`);
    context.textAlign = "left";
  }
}
