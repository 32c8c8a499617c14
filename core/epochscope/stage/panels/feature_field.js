/** Which feature of the data colours the points: a field for its number, or its name where the columns have names. */
import { make } from "../base/dom.js";

let serial = 0;

export class Feature {
  /** @param {object} store  @param {(column: number) => void} choose */
  constructor(store, choose) {
    this.store = store;
    this.column = 0; // the one shown last
    const names = make("datalist", "", { id: `es-features-${++serial}` });
    this.names = names;
    this.input = make("input", "", { type: "text", "aria-label": "Feature", autocomplete: "off" });
    this.input.setAttribute("list", names.id);
    this.input.addEventListener("change", () => {
      const column = this.#columnOf(this.input.value.trim());
      if (column === null) this.#write();
      else choose(column);
    });
    this.input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step || names.childElementCount) return; // a list of names is walked by these keys
      event.preventDefault();
      const column = this.column + step;
      if (column >= 0 && column < this.#count) choose(column);
    });
    this.box = make("label", "es-feature", { hidden: true }, this.input, names);
  }

  get #count() {
    return this.store.info?.f ?? 1;
  }

  #columnOf(text) {
    if (/^\d+$/.test(text) && Number(text) < this.#count) return Number(text);
    const at = this.listed?.findIndex((name) => name.toLowerCase() === text.toLowerCase()) ?? -1;
    return at < 0 ? null : at;
  }

  #write() {
    this.input.value = this.listed?.[this.column] ?? String(this.column);
  }

  /** Shows the field for this column; null: hides it. */
  dress(column) {
    this.box.hidden = column === null;
    if (column === null) return;
    const known = this.store.hueing.feature(column);
    const key = `${column}|${Boolean(known)}`;
    if (key === this.key) return;
    this.key = key;
    this.column = column;
    if (known?.names?.length && !this.listed) {
      this.listed = known.names;
      this.names.replaceChildren(...known.names.map((value) => make("option", "", { value })));
    }
    const range = `0 to ${this.#count - 1}`;
    this.input.title = this.listed
      ? `Feature: its name, or its number from ${range}`
      : `Number of the feature, ${range} (↑ ↓ for the next)`;
    this.#write();
  }
}
