/**
 * The words of the pages in other words: whoever points at one is told what it means, wherever it stands. Which words there
 * are is said by Python (epochscope/glossary.py). The first of each on a page is underlined by dots; the page itself is not
 * changed for that, so whoever draws it need not know.
 *
 * @typedef {{word: string, start: number, end: number}} Found  a word of the glossary in a text
 */

import { inTheme, offerWords } from "./word_list.js";

const REST = 300; // ms that the pointer rests before it is a question
const PACE = 1000; // ms between two looks at what is new on the page
const HIGHLIGHT = "es-term"; // its look: server/page.css
const PROSE = "[data-testid=stMarkdownContainer]"; // text that does not move
const SILENT = "button,a,input,select,textarea,pre,code,.es-term,[title]:not([title=''])"; // these say or do something else

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** @param {string} word  with and without a capital, if it is written small; symbols and names are as they are */
const spellings = (word) => (/^\p{Ll}{3}/u.test(word) ? [word, word[0].toUpperCase() + word.slice(1)] : [word]);

/**
 * What finds words in a text: whole ones only, the longest where several begin.
 * @param {Iterable<string>} words
 */
export function finder(words) {
  const all = [...words].flatMap(spellings).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${all.map(escaped).join("|")})(?![\\p{L}\\p{N}_]|-\\p{L})`, "gu");
  const known = new Map([...words].flatMap((word) => spellings(word).map((spelt) => [spelt, word])));
  /** @param {string} text @returns {Found[]} */
  return (text) =>
    [...text.matchAll(pattern)].map(({ 0: spelt, index }) => ({
      word: known.get(spelt) ?? spelt,
      start: index,
      end: index + spelt.length,
    }));
}

/** The text under a place of the window, and where in it. @param {number} x @param {number} y */
function textAt(x, y) {
  const page = /** @type {any} */ (document);
  const at = page.caretPositionFromPoint?.(x, y) ?? page.caretRangeFromPoint?.(x, y);
  const node = at?.offsetNode ?? at?.startContainer;
  return node instanceof Text ? { node, at: at.offset ?? at.startOffset } : null;
}

/** @param {Text} node @param {Found} found */
function rangeOf(node, { start, end }) {
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, end);
  return range;
}

class Explainer {
  #find;
  #box = document.createElement("div");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  /** @type {DOMRect | null}  of the word that is explained */
  #word = null;
  #looking = false;

  /** @param {Record<string, string>} meanings  by word */
  constructor(meanings) {
    this.meanings = meanings;
    this.#find = finder(Object.keys(meanings));
    this.#box.className = "es-term";
    this.#box.role = "tooltip";
    this.#box.hidden = true;
    document.body.append(this.#box);
    offerWords(this.#find, meanings);
    document.addEventListener("pointermove", (event) => this.#move(event), { passive: true });
    document.addEventListener("pointerup", (event) => event.pointerType === "touch" && this.#look(event), {
      passive: true,
    });
    document.addEventListener("keydown", () => this.#hide());
    document.addEventListener("scroll", () => this.#hide(), { passive: true, capture: true });
    new MutationObserver(() => this.#soon()).observe(document.body, { childList: true, subtree: true });
    this.#soon();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    clearTimeout(this.#resting);
    if (event.pointerType === "touch" || event.buttons) return;
    if (this.#word && !near(this.#word, event)) this.#hide();
    this.#resting = setTimeout(() => this.#look(event), REST);
  }

  #hide() {
    this.#word = null;
    this.#box.hidden = true;
  }

  /** @param {{clientX: number, clientY: number}} event */
  #look({ clientX: x, clientY: y }) {
    const under = textAt(x, y);
    const parent = under?.node.parentElement;
    if (!under || !parent || parent.closest(SILENT)) return this.#hide();
    const found = this.#find(under.node.data).find(({ start, end }) => start <= under.at && under.at <= end);
    if (!found) return this.#hide();
    const rect = rangeOf(under.node, found).getBoundingClientRect();
    if (near(rect, { clientX: x, clientY: y }))
      this.#show(found.word, rect); // a caret also stands beside empty room
    else this.#hide();
  }

  /** @param {string} word @param {DOMRect} rect */
  #show(word, rect) {
    const box = this.#box;
    this.#word = rect;
    box.textContent = this.meanings[word];
    inTheme(box);
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(rect.left, innerWidth - width - 8))}px`;
    const below = rect.bottom + 6;
    box.style.top = `${below + height < innerHeight ? below : rect.top - height - 6}px`;
  }

  #soon() {
    if (this.#looking) return;
    this.#looking = true;
    setTimeout(() => {
      this.#looking = false;
      this.#underline();
    }, PACE);
  }

  /** The first of each word of the page. */
  #underline() {
    const { highlights } = /** @type {any} */ (CSS);
    if (!highlights) return;
    /** @type {Map<string, Range>} */
    const first = new Map();
    for (const prose of document.querySelectorAll(PROSE)) {
      if (prose.closest("button,a,label,h1,h2,h3,h4,h5,h6") || !prose.checkVisibility?.()) continue;
      const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = /** @type {Text} */ (node);
        for (const found of this.#find(text.data)) {
          const meaning = this.meanings[found.word];
          if (!first.has(meaning) && !text.parentElement?.closest(SILENT)) first.set(meaning, rangeOf(text, found));
        }
      }
    }
    highlights.set(HIGHLIGHT, new /** @type {any} */ (window).Highlight(...first.values()));
  }
}

/** Whether a place is in a word. @param {DOMRect} rect @param {{clientX: number, clientY: number}} place */
const near = ({ left, right, top, bottom }, { clientX: x, clientY: y }) =>
  x >= left - 2 && x <= right + 2 && y >= top - 2 && y <= bottom + 2;

const kept = Symbol.for("epochscope.words");

/** Explains the words of the page from now on, once however often this module is loaded. @param {Record<string, string>} meanings */
export function explainWords(meanings) {
  const page = /** @type {{[kept]?: Explainer}} */ (/** @type {unknown} */ (window));
  page[kept] ??= new Explainer(meanings);
}
