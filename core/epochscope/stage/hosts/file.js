/**
 * Runs in a file or on a page of a static site: what is said of each, its board, and all of them side by side. What
 * people wrote is shown as text. core/epochscope/portable/content.py says what there is.
 */

import { make } from "../base/dom.js";
import { tr } from "../data/language.js";
import { PackedSource } from "../runtime/packed_source.js";
import { useSource } from "../runtime/source.js";
import { storeOf } from "../runtime/store.js";
import { Board } from "./board.js";
import { Comparison } from "./comparison.js";
import { followScheme } from "./scheme.js";

/**
 * @import { CursorStart } from "../runtime/orders.js"
 * @import { PackedRun, Read } from "../runtime/packed_source.js"
 * @import { BoardData } from "./board.js"
 * @import { ComparisonData } from "./comparison.js"
 *
 * @typedef {object} Words  what is said of a run
 * @property {string} title
 * @property {string} name  that somebody gave it
 * @property {string[]} tags
 * @property {string} notes
 * @property {[string, string][]} facts
 * @property {[string, string][]} scores  of the last epoch
 * @property {[level: string, epoch: number, sentence: string, advice: string][]} findings
 * @property {[string, string][]} settings
 * @property {string[]} leftOut
 * @property {string} [citation]
 * @property {BoardData} board
 *
 * @typedef {Words & PackedRun} RunOfFile
 * @typedef {{title: string, made: string, palette: string[], runs: RunOfFile[], comparison: ComparisonData | null}} Content
 * @typedef {{root: HTMLElement, destroy: () => void}} View
 */

const BASE = "file";
export const HEIGHTS = { tiles: "auto", points: "var(--picture)", tall: "var(--tall)", low: "var(--low)" }; // file.css

/** @param {string} name @param {string} value */
const fact = (name, value) => make("li", "", {}, make("span", "", {}, `${name} `), value);

/** @param {[string, string][]} rows */
function table(rows) {
  const made = rows.map(([name, value]) =>
    make("tr", "", {}, make("th", "", { scope: "row" }, name), make("td", "", {}, value)),
  );
  return make("table", "", {}, make("tbody", "", {}, ...made));
}

/** A part below the board. @param {string} title @param {(Node | string)[]} children */
const section = (title, ...children) => make("section", "", {}, make("h2", "", { textContent: title }), ...children);

/** What is said of a run below its board. @param {RunOfFile} run @param {(epoch: number) => void} seek */
function about({ findings, settings, notes, tags, leftOut, citation }, seek) {
  const found = findings.map(([level, epoch, sentence, advice]) => {
    const button = make("button", "", {
      type: "button",
      textContent: tr("epoch {epoch}", { epoch }),
      title: tr("Show this epoch"),
    });
    button.onclick = () => seek(epoch);
    const more = advice ? [make("div", "quiet", { textContent: advice })] : [];
    return make("li", "", { "data-level": level }, button, ` · ${sentence}`, ...more);
  });
  const parts = [section(tr("Findings"), found.length ? make("ul", "findings", {}, ...found) : tr("None."))];
  if (notes || tags.length)
    parts.push(
      section(tr("Notes"), make("p", "notes", { textContent: notes }), tags.map((tag) => `#${tag}`).join(" ")),
    );
  if (citation)
    parts.push(section(tr("Citation"), make("p", "notes citation", { textContent: citation, tabIndex: 0 })));
  const missing = make("p", "quiet", {
    textContent: tr("Not on this page: {list}.", { list: leftOut.join("; ") }),
  });
  if (leftOut.length) parts.push(section(tr("Left out"), missing));
  return make("div", "about", {}, make("div", "", {}, ...parts), section(tr("Settings"), table(settings)));
}

class File {
  /** @type {View | null} */
  #view = null;
  choice = make("div", "choice", { role: "group", "aria-label": tr("Runs") });
  place = make("div");

  /** @param {HTMLElement} element @param {Content} content @param {string} plotly  address of plotly.js */
  constructor(element, content, plotly) {
    this.content = content;
    this.plotly = plotly;
    const { runs, comparison, made } = content;
    const link = runs.map(({ id }) => id).join(".");
    /** @type {CursorStart} */
    this.cursor = runs.length > 1 ? { link, lead: runs[0].id } : {};
    const names = comparison ? [tr("Compare"), ...comparison.names] : runs.map(({ name, title }) => name || title);
    if (runs.length > 1) this.#choose(names, comparison);
    const foot = make("footer", "quiet", {
      textContent: tr("Made with {program}. This page needs no server.", { program: made }),
    });
    element.replaceChildren(this.choice, this.place, foot);
    this.#show(0);
  }

  /** One button for each run, and for all of them. @param {string[]} names @param {ComparisonData | null} comparison */
  #choose(names, comparison) {
    const { runs } = this.content;
    const titles = comparison
      ? [tr("All runs side by side"), ...runs.map(({ title }) => title)]
      : runs.map(({ title }) => title);
    const buttons = names.map((textContent, i) => {
      const button = make("button", "", { type: "button", textContent, title: titles[i] });
      button.onclick = () => this.#show(i);
      return button;
    });
    this.choice.append(...buttons);
  }

  /** @param {number} place  of a button */
  #show(place) {
    const { runs, comparison, palette } = this.content;
    for (const [i, button] of [...this.choice.children].entries())
      button.setAttribute("aria-pressed", `${i === place}`);
    const before = this.#view;
    const all = comparison && place === 0;
    const options = { base: BASE, plotly: this.plotly, cursor: this.cursor };
    this.#view = all
      ? new Comparison(runs, comparison, { ...options, palette })
      : this.#one(runs[comparison ? place - 1 : place], options);
    this.place.replaceChildren(this.#view.root);
    before?.destroy();
  }

  /** @param {RunOfFile} run @param {{base: string, plotly: string, cursor: CursorStart}} options @returns {View} */
  #one(run, options) {
    const { name, title, facts } = run;
    const known =
      name && name !== title
        ? [fact(tr("run"), title), ...facts.map((one) => fact(...one))]
        : facts.map((one) => fact(...one));
    const head = make(
      "header",
      "",
      {},
      make("h1", "", { textContent: name || title }),
      make("ul", "facts", {}, ...known),
    );
    const stage = make("div");
    const seek = (/** @type {number} */ epoch) => {
      storeOf(BASE, run.id, this.cursor).cursor.seek(epoch);
      stage.scrollIntoView({ block: "nearest" });
    };
    const root = make("article", "", {}, head, stage, about(run, seek));
    this.place.replaceChildren(root); // a board takes its colors from where it is
    const board = new Board(stage, { ...options, heights: HEIGHTS });
    board.show(run.board);
    return { root, destroy: () => board.destroy() };
  }
}

/**
 * Opens the page.
 * @param {HTMLElement} element
 * @param {Read} read
 * @param {string} plotly  address of plotly.js
 */
export async function open(element, read, plotly) {
  /** @type {Content} */
  const content = JSON.parse(new TextDecoder().decode(await read("page")));
  useSource(BASE, new PackedSource(content.runs, read));
  followScheme();
  document.title = content.title;
  new File(element, content, plotly);
}
