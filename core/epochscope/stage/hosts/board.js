/**
 * All panels of one run in one element, for hosts that have no pages of their own: tiles, the points in a projection,
 * figures in places that a person fills, and the bar of the cursor. Every figure of the run is there from the start, so
 * choosing one asks nobody.
 */

import { addStyle, make } from "../base/dom.js";
import { applyTheme, themeOf } from "../base/theme.js";
import { tr } from "../data/language.js";
import { moveByKey } from "../runtime/keyboard.js";
import { storeOf } from "../runtime/store.js";
import { mount } from "../stage.js";

/** @import { PanelData, PanelSpec } from "../base/panel.js" */
/** @import { CursorStart } from "../runtime/orders.js" */

/**
 * @typedef {object} FigureOfRun
 * @property {string} title
 * @property {PanelSpec} panel
 * @property {any} figure  of Plotly, empty
 *
 * @typedef {object} BoardData  what Python says of a run (core/epochscope/portable/board.py)
 * @property {string} run
 * @property {string[]} palette
 * @property {Record<string, FigureOfRun>} figures  by key
 * @property {{shape: "tall" | "low", figure: string}[]} places
 * @property {FigureOfRun[]} projections  the points panel in each of them
 */

/** @typedef {Record<"tiles" | "points" | "tall" | "low" | "transport", number | string>} Heights */
/** @type {Heights} */
const HEIGHTS = { tiles: 92, points: 400, tall: 400, low: 230, transport: 52 }; // CSS pixels
const THEME_ATTRIBUTES = ["class", "style", "data-theme", "data-jp-theme-light", "data-vscode-theme-kind"];
const PRESSABLE = "input,select,button,a,textarea";

export class Board {
  /** @type {BoardData | null} */
  #data = null;
  /** @type {(string | undefined)[]}  key of the figure that a person put in each place */
  #chosen = [];
  #projection = 0;
  /** @type {Map<string, {cell: HTMLElement, unmount: () => void}>}  by name */
  #cells = new Map();
  #colors = "";

  /**
   * @param {HTMLElement} element  to live in
   * @param {{base: string, plotly: string, cursor?: CursorStart, heights?: Partial<Heights>}} options  addresses of
   *   the source of the run, and of plotly.js; where the cursor starts, and who shares it
   */
  constructor(element, { base, plotly, cursor = {}, heights = {} }) {
    this.base = base;
    this.plotly = plotly;
    this.cursor = cursor;
    this.heights = { ...HEIGHTS, ...heights };
    this.menu = make("div", "es-board-menu", { role: "group", "aria-label": tr("Projection") });
    this.notice = make("div", "es-empty", { textContent: tr("Waiting for the first epoch ...") });
    this.grid = make("div", "es-board-grid");
    this.bar = make("div", "es-board-bar");
    this.root = make("div", "es-board", { tabIndex: 0 }, this.notice, this.menu, this.grid, this.bar);
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's: keys pressed here move the cursor, not cells
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Element && !target.closest(PRESSABLE)) this.root.focus({ preventScroll: true });
    });
    element.append(this.root);
    addStyle(this.root);
    this.watcher = new MutationObserver(() => this.#retheme());
    for (const one of [document.documentElement, document.body])
      this.watcher.observe(one, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
    this.watcher.observe(document.head, { childList: true }); // a style sheet of another theme
    document.addEventListener("load", this.#retheme, true); // ... has arrived
  }

  /** Shows a run, or brings what is shown up to date. @param {BoardData} data */
  show(data) {
    this.#data = data;
    this.notice.hidden = true;
    applyTheme(this.root, themeOf(this.root, data.palette));
    this.#showMenu();
    this.#mountAll();
  }

  /** Says why there is nothing (more). @param {string} sentence */
  say(sentence) {
    this.notice.hidden = false;
    this.notice.textContent = sentence;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#data && moveByKey(storeOf(this.base, this.#data.run, this.cursor).cursor, event)) event.preventDefault();
    event.stopPropagation();
  }

  #retheme = () => {
    if (!this.#data || !this.root.isConnected) return;
    const theme = themeOf(this.root, this.#data.palette);
    const colors = theme.background + theme.text;
    if (colors === this.#colors) return;
    this.#colors = colors;
    this.show(this.#data);
  };

  /** One button for each projection. */
  #showMenu() {
    const projections = this.#data?.projections ?? [];
    const buttons = projections.map(({ title }, i) => {
      const button = make("button", "", { type: "button", textContent: title, "aria-pressed": i === this.#projection });
      button.onclick = () => {
        this.#projection = i;
        if (this.#data) this.show(this.#data);
      };
      return button;
    });
    this.menu.replaceChildren(...buttons);
    this.menu.hidden = buttons.length < 2;
  }

  #mountAll() {
    const { projections = [], places = [], figures = {} } = this.#data ?? {};
    const wanted = new Set(["tiles", "embedding", ...places.map((_, i) => `place${i}`), "transport"]);
    for (const [name, { cell, unmount }] of this.#cells) {
      if (wanted.has(name)) continue;
      unmount();
      cell.remove();
      this.#cells.delete(name);
    }
    this.#mount("tiles", "tiles", { panel: { kind: "tiles" }, height: this.heights.tiles });
    const points = projections[this.#projection] ?? projections[0];
    if (points) this.#mount("embedding", "points", { ...points, height: this.heights.points });
    const choices = Object.entries(figures).map(([key, { title }]) => /** @type {[string, string]} */ ([key, title]));
    for (const [i, { shape }] of places.entries()) {
      const chosen = this.#figureIn(i);
      const { panel, figure } = figures[chosen];
      this.#mount(
        `place${i}`,
        shape,
        { panel, figure, name: chosen, choices, chosen, height: this.heights[shape] },
        (key) => this.#put(i, key),
      );
    }
    this.#mount("transport", "transport", { panel: { kind: "transport" }, height: this.heights.transport });
  }

  /** Key of the figure in a place. @param {number} place */
  #figureIn(place) {
    const { places = [], figures = {} } = this.#data ?? {};
    const key = this.#chosen[place];
    return key && key in figures ? key : places[place].figure;
  }

  /** Puts a figure in a place; if it stands elsewhere, the two change places. @param {number} place @param {string} key */
  #put(place, key) {
    const shown = (this.#data?.places ?? []).map((_, i) => this.#figureIn(i));
    const other = shown.indexOf(key);
    if (other >= 0) shown[other] = shown[place];
    shown[place] = key;
    this.#chosen = shown;
    this.#mountAll();
  }

  /**
   * @param {string} name
   * @param {string} area  of the grid
   * @param {Partial<PanelData> & {panel: PanelSpec}} data
   * @param {(key: string) => void} [choose]
   */
  #mount(name, area, data, choose) {
    const cell = this.#cells.get(name)?.cell ?? make("div", "es-board-cell", { "data-area": area, "data-name": name });
    if (!cell.isConnected) (area === "transport" ? this.bar : this.grid).append(cell);
    const { base, plotly } = this;
    const { run, palette } = /** @type {BoardData} */ (this.#data);
    const unmount = mount({
      parentElement: cell,
      key: name,
      data: { name, ...data, run, base, plotly, palette, cursor: this.cursor },
      setStateValue: () => {},
      setTriggerValue: (what, value) => {
        if (what === "figure") choose?.(/** @type {string} */ (value));
      },
    });
    this.#cells.set(name, { cell, unmount });
  }

  destroy() {
    this.watcher.disconnect();
    document.removeEventListener("load", this.#retheme, true);
    for (const { unmount } of this.#cells.values()) unmount();
    this.#cells.clear();
    this.root.remove();
  }
}
