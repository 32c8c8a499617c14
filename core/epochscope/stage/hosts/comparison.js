/** Several runs side by side under one cursor: their points, the curves of one of their numbers, what sets them apart. */

import { addStyle, make } from "../base/dom.js";
import { applyTheme, themeOf } from "../base/theme.js";
import { tr } from "../data/language.js";
import { mount } from "../stage.js";

/**
 * @import { PanelData, PanelSpec } from "../base/panel.js"
 * @import { CursorStart } from "../runtime/orders.js"
 * @import { BoardData } from "./board.js"
 *
 * @typedef {object} ComparisonData
 * @property {string[]} names  of the runs
 * @property {[label: string, table: string, value: string][]} numbers  whose curves can be shown
 * @property {any} figure  of Plotly, for the curves
 * @property {string[][]} settings  that differ: name, then a value for each run
 *
 * @typedef {{id: string, title: string, name: string, scores: [string, string][], board: BoardData}} Compared
 * @typedef {{base: string, plotly: string, palette: string[], cursor: CursorStart}} Options
 */

const HEIGHTS = { points: "clamp(260px, calc(100vh - 452px), 560px)", curve: 220, transport: 52 };

export class Comparison {
  root = make("article");
  /** @type {Map<string, () => void>}  what takes each panel away */
  #mounted = new Map();
  #projection = "";
  #number = 0;

  /** @param {Compared[]} runs @param {ComparisonData} data @param {Options} options */
  constructor(runs, data, options) {
    this.runs = runs;
    this.data = data;
    this.options = options;
    this.places = runs.map((_, i) => this.#column(i));
    this.curve = make("div", "curve");
    this.bar = make("div", "bar");
    this.root.append(this.#projections(), make("div", "side-by-side", {}, ...this.places.map(({ column }) => column)));
    if (data.numbers.length) this.root.append(this.#numbers(), this.curve);
    this.root.append(this.bar, this.#settings());
    this.watcher = new MutationObserver(() => this.#mountAll());
    this.watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    requestAnimationFrame(() => this.#mountAll()); // once it stands on the page
  }

  /** @param {number} i  place of a run */
  #column(i) {
    const { palette } = this.options;
    const mark = make("i");
    mark.style.background = palette[i % palette.length];
    const place = make("div");
    const { title, name, scores } = this.runs[i];
    const final = scores.map(([score, value]) => `${score} ${value}`);
    const words = make("p", "quiet", { textContent: [name || title, ...final].join(" · ") });
    return { place, column: make("div", "", {}, make("h2", "", {}, mark, this.data.names[i]), words, place) };
  }

  /** Buttons for the projections that all runs have. */
  #projections() {
    const titles = this.runs.map(({ board }) => board.projections.map(({ title }) => title));
    const common = titles[0].filter((title) => titles.every((known) => known.includes(title)));
    this.#projection = common[0] ?? "";
    const menu = make("div", "choice", { role: "group", "aria-label": tr("Projection"), hidden: common.length < 2 });
    const press = () => {
      for (const button of menu.children)
        button.setAttribute("aria-pressed", `${button.textContent === this.#projection}`);
    };
    for (const textContent of common) {
      const button = make("button", "", { type: "button", textContent });
      button.onclick = () => {
        this.#projection = textContent;
        press();
        this.#mountAll();
      };
      menu.append(button);
    }
    press();
    return menu;
  }

  /** The menu of the numbers. */
  #numbers() {
    const options = this.data.numbers.map(([textContent], value) => make("option", "", { value, textContent }));
    const select = make("select", "", { "aria-label": tr("Curve") }, ...options);
    select.onchange = () => {
      this.#number = select.selectedIndex;
      this.#mountAll();
    };
    return make("div", "curve", {}, select);
  }

  #settings() {
    const { settings, names } = this.data;
    if (!settings.length) return make("p", "quiet", { textContent: tr("These runs have the same settings.") });
    const head = make("tr", "", {}, make("th"), ...names.map((name) => make("th", "", { scope: "col" }, name)));
    const rows = settings.map(([name, ...values]) =>
      make("tr", "", {}, make("th", "", { scope: "row" }, name), ...values.map((value) => make("td", "", {}, value))),
    );
    const table = make("table", "", {}, make("thead", "", {}, head), make("tbody", "", {}, ...rows));
    return make("div", "about", {}, make("section", "", {}, make("h2", "", {}, tr("Settings that differ")), table));
  }

  #mountAll() {
    if (!this.root.isConnected) return;
    addStyle(this.root);
    applyTheme(this.root, themeOf(this.root, this.options.palette));
    for (const [i, { board, id }] of this.runs.entries()) {
      const points = board.projections.find(({ title }) => title === this.#projection) ?? board.projections[0];
      if (points) this.#mount(`embedding${i}`, this.places[i].place, id, { ...points, height: HEIGHTS.points });
    }
    const [first] = this.runs;
    if (this.data.numbers.length) {
      const [label, table, value] = this.data.numbers[this.#number];
      const runs = this.runs.map(({ id }, i) => ({ id, name: this.data.names[i] }));
      const panel = { kind: "compare", runs, table, value, label, clock: "epoch" };
      this.#mount("compare", this.curve, first.id, { panel, figure: this.data.figure, height: HEIGHTS.curve });
    }
    this.#mount("transport", this.bar, first.id, { panel: { kind: "transport" }, height: HEIGHTS.transport });
  }

  /** @param {string} name @param {HTMLElement} place @param {string} run @param {Partial<PanelData> & {panel: PanelSpec}} data */
  #mount(name, place, run, data) {
    const unmount = mount({ parentElement: place, key: name, data: { name, ...data, run, ...this.options } });
    this.#mounted.set(name, unmount);
  }

  destroy() {
    this.watcher.disconnect();
    for (const unmount of this.#mounted.values()) unmount();
    this.#mounted.clear();
    this.root.remove();
  }
}
