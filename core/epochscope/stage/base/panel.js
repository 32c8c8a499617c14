/** What all panels have in common: a root, the store, the theme, one repaint per screen frame, a place for messages. */
import { UnknownValue } from "../data/errors.js";
import { tr } from "../data/language.js";
import { clusterHues } from "../data/matching.js";
import { inPhase } from "../data/sentences.js";
import { readable } from "../render/color.js";
import { addStyle, make, setAttributes, setText } from "./dom.js";
import { applyTheme, themeOf, whenColorsChange } from "./theme.js";
import { TitleMenu } from "./title_menu.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Table } from "../data/sentences.js" */
/** @import { CursorStart, Order } from "../runtime/orders.js" */
/** @import { Listener, Message, StageEvent, Store } from "../runtime/store.js" */

/**
 * @typedef {{kind: string} & Record<string, any>} PanelSpec  which panel, and what it shows (core/figures)
 * @typedef {object} PanelData  what Python sends (core/epochscope/ui/shared/stage.py)
 * @property {PanelSpec} panel
 * @property {string[]} palette  colors of the groups
 * @property {string} [run]
 * @property {string} [lab]
 * @property {string} [futures]
 * @property {boolean} [still]  a figure of no run
 * @property {string} [base]  of all addresses
 * @property {string} [name]
 * @property {string} [plotly]  address of plotly.js
 * @property {any} [figure]  of Plotly, empty or whole
 * @property {number | string} [height]
 * @property {string} [empty]  what is said where there is no run
 * @property {[key: string, title: string][]} [choices]  figures that could stand here
 * @property {string} [chosen]
 * @property {CursorStart} [cursor]
 * @property {boolean} [going]  whether the run was continued
 * @property {Order} [order]
 * @property {string} [title]  what it shows, in a word or two
 * @property {string} [about]  what one sees, and how to read it
 * @property {number} [count]
 * @property {{id: string, key: string, link: string, code: string, why_not: string} | null} [share]  how others follow
 * @property {[point: number, text: string, marked: boolean][]} [items]
 * @property {string} [label]
 *
 * @typedef {object} Reporting  how a panel tells Python of something
 * @property {(name: string, value: unknown) => void} [setStateValue]
 * @property {(name: string, value: unknown) => void} [setTriggerValue]
 *
 * @typedef {object} PanelStore  what every panel needs of its store
 * @property {string} base
 * @property {string} run
 * @property {string} title
 * @property {Message} message
 * @property {any} current  the epoch shown: an Epoch, where it is a run
 * @property {import("../data/types.js").RunInfo | null} [info]
 * @property {Promise<void>} begun
 * @property {Promise<void>} [pictured]  where points come first: kept once they are on the screen
 * @property {Set<Listener>} [listeners]
 * @property {object | null} [speaker]  the panel that says what is wrong with the run, if it is not the first one
 * @property {(listener: Listener, projection?: string | null) => () => void} subscribe
 */

/** @type {Message} */
export const SILENCE = { text: "", kind: "" };

/** For tests and for the curious: what each panel has painted. @type {Record<string, Record<string, any>>} */
export const painted = {};
/** All that are there. @type {Set<Panel<any>>} */
export const panels = new Set();
let serial = 0;
const [LINE_CONTRAST, THEMED_AFTER] = [3, 100]; // WCAG 2.2, 1.4.11; ms
const SPOKEN_AFTER = 500; // ms: what a figure shows is put into words when it has come to rest, and no more often

/** @template {PanelStore} [S=Store] */
export class Panel {
  #pending = 0;
  /** @type {ReturnType<typeof setTimeout> | 0} */
  #speaking = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  /** @type {(() => void) | null} */
  #endColors = null;
  /** @type {(() => void) | null} */
  #leave = null;
  /** @type {Listener} */
  #listener = (event) => this.handleEvent(event);

  /**
   * @param {HTMLElement} host  element to live in
   * @param {PanelData} data
   * @param {Reporting & {store: S, key?: string}} context
   */
  constructor(host, data, context) {
    this.host = host;
    this.data = data;
    this.store = context.store;
    this.setStateValue = context.setStateValue;
    this.setTriggerValue = context.setTriggerValue;
    this.name = context.key ?? `panel${++serial}`;
    this.gone = false;
    this.failed = false;
    /** How many pixels a video has for one of it, while one is made, which says when it paints; 0: none is. */
    this.filming = 0;
    this.scale = 1;
    /** @type {Record<string, any>} */
    this.report = { kind: this.spec.kind, epoch: null, frames: 0, n: 0, tweening: false };
    painted[this.name] = this.report;
    addStyle(host);
    this.messageBox = make("div", "es-link", { role: "status" });
    /** What the figure shows now, for those who do not see it. */
    this.words = make("div", "es-words", { role: "img", hidden: true });
    this.root = make("div", "es", { "data-kind": this.spec.kind }, this.messageBox, this.words);
    host.append(this.root);
    this.theme = themeOf(host, data.palette);
    this.retheme();
    this.nameFigure();
    this.titleMenu = data.choices ? new TitleMenu(this.root, (key) => this.setTriggerValue?.("figure", key)) : null;
    this.titleMenu?.update(data);
  }

  /** Listens from now on: called once, when the panel is made. A store that others use may have no news for long. */
  start() {
    this.#leave = this.store.subscribe(this.#listener, this.projection);
    this.#endColors = whenColorsChange(this.#rethemeLater);
    panels.add(this);
    this.handleEvent("update");
  }

  /** Which panel this is, and what it shows. */
  get spec() {
    return this.data.panel;
  }

  /** Which frames the panel needs; null for none. @returns {string | null} */
  get projection() {
    return null;
  }

  /** How many pixels of the screen a pixel of the panel is drawn with: it may be shown enlarged. */
  get sharpness() {
    return this.filming || Math.min(2, window.devicePixelRatio || 1) * this.scale;
  }

  /** Finds out how much the panel is enlarged. */
  rescale() {
    const scale = this.root.offsetWidth ? this.root.getBoundingClientRect().width / this.root.offsetWidth : 1;
    this.scale = Math.abs(scale - 1) < 0.05 ? 1 : scale; // widths are rounded, and layouts move a little: no scale meant
  }

  retheme() {
    this.rescale();
    this.theme = themeOf(this.host, this.data.palette);
    applyTheme(this.root, this.theme);
  }

  /** What this figure is called; empty where the panel is none. */
  get figureTitle() {
    const { title, choices = [], chosen } = this.data;
    return title ?? choices.find(([key]) => key === chosen)?.[1] ?? "";
  }

  /** What the figure shows at the epoch of the cursor, in a sentence or two made of its data; empty where it has none. */
  describe() {
    return "";
  }

  /** Whether its numbers are few enough to be read one by one. */
  get hasTable() {
    return false;
  }

  /** These numbers; null while there are none. @returns {Table | null} */
  tabulate() {
    return null;
  }

  /** Says to screen readers what this figure is. */
  nameFigure() {
    const { figureTitle: title } = this;
    const { about } = this.data;
    if (title && this.spec.kind !== "headline")
      setAttributes(this.root, {
        role: "figure",
        "aria-label": title,
        ...(about ? { "aria-description": about } : {}),
      });
  }

  /** Puts what is shown into words, soon: once for many frames. */
  #speakSoon() {
    this.#speaking ||= setTimeout(() => {
      this.#speaking = 0;
      if (this.gone || this.failed) return;
      this.nameFigure();
      try {
        const text = this.describe();
        setAttributes(this.words, { "aria-label": text });
        this.words.hidden = !text;
      } catch (error) {
        console.error("epochscope words:", error); // no reason to take the picture away
      }
    }, SPOKEN_AFTER);
  }

  /** Takes the colors of the page over once it has changed them, which may be after it has said so. */
  #rethemeLater = () => {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      const { theme } = this;
      const now = themeOf(this.host, this.data.palette);
      if (!this.gone && JSON.stringify(now) !== JSON.stringify(theme)) this.update(this.data);
    }, THEMED_AFTER);
  };

  /** New data from Python. @param {PanelData} data */
  update(data) {
    this.data = data;
    this.retheme();
    this.#rethemeLater();
    this.nameFigure();
    this.titleMenu?.update(data);
    this.handleEvent("update");
  }

  /** @param {StageEvent} event */
  handleEvent(event) {
    if (this.failed) return;
    if (event === "message" || event === "update") this.showMessage();
    this.#guarded(() => this.changed(event));
    this.schedule();
  }

  /** What is said in the corner of the panel: an error by one panel of a run only, the tiles or else the first one. */
  get message() {
    const { message, listeners, speaker } = this.store;
    const [first] = listeners ?? [];
    const speaks = speaker ? speaker === this : !first || first === this.#listener;
    return message.kind === "error" && !speaks ? SILENCE : message;
  }

  /** Shows the panel's message. */
  showMessage() {
    const { text, kind } = this.message;
    setText(this.messageBox, tr(text));
    this.messageBox.dataset.kind = kind;
  }

  /** Why there is nothing to be seen at the epoch of the cursor. @param {string} missing  "No pull", for one */
  whyNothing(missing) {
    const { message, current } = this.store;
    if (message.text || !current) return message.text ? "" : tr("Waiting for the first epoch ...");
    return inPhase(missing, current.phase);
  }

  /** For panels that prepare something when the store changes. @param {StageEvent} _event */
  changed(_event) {}

  schedule() {
    if (this.#pending || this.gone || this.failed || this.filming) return;
    this.#pending = requestAnimationFrame((now) => {
      this.#pending = 0;
      if (!this.gone && !this.filming) this.#guarded(() => this.#paintNow(now));
    });
  }

  /** @param {number} now */
  #paintNow(now) {
    const began = performance.now();
    const more = this.paint(now);
    this.report.ms = performance.now() - began;
    this.report.frames++;
    painted[this.name] = this.report; // another of this name may have come and gone meanwhile
    this.report.tweening = Boolean(more);
    if (more) this.schedule();
    this.#speakSoon();
  }

  /** Does something; what the stage does not know is said in the panel's place. @param {() => void} action */
  #guarded(action) {
    try {
      action();
    } catch (error) {
      if (error instanceof UnknownValue) this.fail(error);
      else console.error("epochscope panel:", error);
    }
  }

  /** Says in the panel's place why there is nothing. @param {Error} error */
  fail(error) {
    console.warn("epochscope panel:", error);
    this.failed = true;
    this.root.replaceChildren(failure(error));
  }

  /**
   * Paints; returns true if there is something still moving.
   * @param {number} _now  ms, as of performance.now()
   * @returns {boolean | void}
   */
  paint(_now) {}

  /** The color of a group. @param {number} group */
  color(group) {
    const { palette } = this.theme;
    return palette[((group % palette.length) + palette.length) % palette.length];
  }

  /** The color of a group as a thin line, which needs more contrast than a dot. @param {number} group */
  lineColor(group) {
    return readable(this.color(group), this.theme.background, LINE_CONTRAST);
  }

  /**
   * The color of a cluster: that of the class it is matched to, so that points, rows and centers say the same.
   * @param {number} cluster
   * @param {Epoch | null} entry
   */
  clusterColor(cluster, entry = this.store.current) {
    return this.color(this.clusterHue(cluster, entry));
  }

  /** The number of that color, beyond the palette where colors repeat. @param {number} cluster @param {Epoch | null} entry */
  clusterHue(cluster, entry = this.store.current) {
    const { info } = this.store;
    return info ? (clusterHues(entry, info.truth, info.k)[cluster] ?? cluster) : cluster;
  }

  destroy() {
    this.gone = true;
    panels.delete(this);
    cancelAnimationFrame(this.#pending);
    clearTimeout(this.#speaking);
    clearTimeout(this.#later);
    this.#endColors?.();
    this.#leave?.();
    this.root.remove();
    if (painted[this.name] === this.report) delete painted[this.name];
  }
}

/** A sentence in the place of a panel that cannot be shown. @param {Error} error */
export const failure = (error) => make("div", "es-failure", { role: "alert", textContent: error.message });
