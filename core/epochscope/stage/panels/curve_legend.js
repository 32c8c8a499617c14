/** Above curves: which color is which, in two lines, or three where names are long; and where only one curve is shown, which one. */

import { keepChildren, make, setAttributes } from "../base/dom.js";
import { Roving } from "../base/roving.js";
import { tr } from "../data/language.js";

/** @import { PlotPanel } from "../base/plot_panel.js" */
/** @import { Store } from "../runtime/store.js" */

/** @type {Record<string, string>} */
const TITLES = { acc: "ACC", nmi: "NMI", ari: "ARI", kl: "KL", "gamma kl": "γ KL", changed: tr("changed labels") };
const ROW = 15; // CSS pixels
const MOST_LETTERS = 24; // of a name where there are many
const READABLE_LETTERS = 13; // what two lines must leave of each name, else there are three
const FEWEST_LETTERS = 4;
const LOW = 160; // CSS pixels: a lower panel has no room for a third line

/** How curves are dashed beside their colors: a projector has few of them. */
export const DASHES = ["solid", "dash", "dot", "dashdot"];

/** The name of a curve in words. @param {string} name */
export const curveTitle = (name) => TITLES[name] ?? tr(name).replaceAll("_", " ");

/** A text without its middle. @param {string} text @param {number} most  letters */
export const shortened = (text, most) =>
  text.length <= most
    ? text
    : `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(text.length - Math.floor(most / 2))}`;

/** The text of a chip. @param {HTMLElement} chip */
const labelOf = (chip) => /** @type {Text} */ (chip.lastChild);

export class CurveLegend {
  /** Curves that somebody has hidden. @type {Set<string>} */
  hidden = new Set();
  /** @type {HTMLSelectElement | null}  to choose the one curve that is shown */
  #select = null;
  #shown = "";
  #options = "";
  #height = 0;

  /** @param {PlotPanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.box = make("div", "es-curves", { role: "group", "aria-label": tr("Curves; click to hide") });
    this.roving = new Roving(this.box);
    panel.root.append(this.box);
    if (!panel.spec.single) return;
    const select = make("select", "es-pick", { "aria-label": tr("Measure") });
    select.onchange = () => panel.store.chooseMeasure(select.value);
    panel.titleMenu?.box.append(select);
    this.#select = select;
  }

  /** One button for each curve, unless there is only one; returns the height they take. @param {string[]} names */
  refresh(names) {
    const { panel, box } = this;
    const key = JSON.stringify([names, [...this.hidden], panel.root.clientWidth, panel.theme.text]);
    if (key === this.#shown) return this.#height;
    this.#shown = key;
    const several = names.length > 1;
    const shown = several ? names : [];
    const chips = keepChildren(box, shown.length, () => make("button", "", { type: "button" }, make("i"), ""));
    for (const [i, name] of shown.entries()) this.#setChip(chips[i], name, i);
    this.roving.refresh();
    let lines = 2;
    if (!this.#fit(chips, names, lines, READABLE_LETTERS) && panel.root.clientHeight > LOW) lines = 3;
    this.#fit(chips, names, lines, FEWEST_LETTERS);
    this.#height = several ? Math.min(box.scrollHeight, lines * ROW + 2) : 2;
    panel.root.style.setProperty("--es-tools", `${22 + this.#height}px`); // Plotly's own buttons stand below
    return this.#height;
  }

  /**
   * Takes letters from the middle of long names until all fit into so many lines (the hover text is whole); says
   * whether they do with so few letters.
   * @param {HTMLButtonElement[]} chips @param {string[]} names @param {number} lines @param {number} fewest
   */
  #fit(chips, names, lines, fewest) {
    const fits = () => this.box.scrollHeight <= lines * ROW + 4;
    this.box.style.maxHeight = `${lines * ROW + 2}px`; // what it overflows is what its height is asked about
    for (let letters = MOST_LETTERS; letters >= fewest && !fits(); letters--) {
      for (const [i, chip] of chips.entries()) labelOf(chip).data = shortened(curveTitle(names[i]), letters);
    }
    return fits();
  }

  /** @param {HTMLButtonElement} chip @param {string} name @param {number} i */
  #setChip(chip, name, i) {
    const { panel, hidden } = this;
    const title = curveTitle(name);
    labelOf(chip).data = title;
    const line = chip.querySelector("i");
    if (line) line.style.background = panel.lineColor(i);
    setAttributes(chip, { title, "aria-label": title, "aria-pressed": !hidden.has(name) });
    chip.onclick = () => {
      if (!hidden.delete(name)) hidden.add(name);
      panel.redraw();
    };
  }

  /** The one curve to show: what was chosen, else the first measure there is. @param {Store} store @returns {string[]} */
  chosen(store) {
    const names = [...new Set(store.epochs.flatMap((entry) => Object.keys(entry.measures)))];
    const one = store.measure !== null && names.includes(store.measure) ? store.measure : names[0];
    const options = names.join("|");
    if (this.#select && options !== this.#options) {
      this.#options = options;
      this.#select.replaceChildren(
        ...names.map((name) => make("option", "", { value: name, textContent: curveTitle(name) })),
      );
    }
    if (this.#select && one && this.#select.value !== one) this.#select.value = one;
    return one === undefined ? [] : [one];
  }
}
