/** Which feature of the data colors the points: a field for its number, or its name where the columns have names. */

import { make } from "../base/dom.js";
import { tr } from "../data/language.js";

/** @import { Store } from "../runtime/store.js" */

/** @type {Record<string, 1 | -1>} */
const STEPS = { ArrowUp: 1, ArrowDown: -1 };
let serial = 0;

export class FeatureField {
  /** The column that was shown last. */
  column = 0;
  /** @type {string[] | null}  names of all columns */
  #names = null;
  #shown = "";

  /**
   * @param {Store} store
   * @param {(column: number) => void} choose
   */
  constructor(store, choose) {
    this.store = store;
    this.list = make("datalist", "", { id: `es-features-${++serial}` });
    this.input = make("input", "", { type: "text", "aria-label": tr("Feature"), autocomplete: "off" });
    this.input.setAttribute("list", this.list.id);
    this.input.addEventListener("change", () => {
      const column = this.#columnOf(this.input.value.trim());
      if (column === null) this.#write();
      else choose(column);
    });
    this.input.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step || this.list.childElementCount) return; // a list of names is walked by these keys
      event.preventDefault();
      const column = this.column + step;
      if (column >= 0 && column < this.#count) choose(column);
    });
    this.box = make("label", "es-feature", { hidden: true }, this.input, this.list);
  }

  get #count() {
    return this.store.info?.f ?? 1;
  }

  /** @param {string} text */
  #columnOf(text) {
    if (/^\d+$/.test(text) && Number(text) < this.#count) return Number(text);
    const at = this.#names?.findIndex((name) => name.toLowerCase() === text.toLowerCase()) ?? -1;
    return at < 0 ? null : at;
  }

  #write() {
    this.input.value = this.#names?.[this.column] ?? String(this.column);
  }

  /** Shows the field for a column; null: hides it. @param {number | null} column */
  show(column) {
    this.box.hidden = column === null;
    if (column === null) return;
    const known = this.store.serverColors.feature(column);
    const key = `${column}|${Boolean(known)}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.column = column;
    if (known?.names?.length && !this.#names) {
      this.#names = known.names;
      this.list.replaceChildren(...known.names.map((value) => make("option", "", { value })));
    }
    const last = this.#count - 1;
    this.input.title = this.#names
      ? tr("Feature: its name, or its number from 0 to {last}", { last })
      : tr("Number of the feature, 0 to {last} (↑ ↓ for the next)", { last });
    this.#write();
  }
}
