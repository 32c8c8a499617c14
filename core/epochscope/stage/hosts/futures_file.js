/** Futures in a file: their members side by side, their scores, the map of their starts and ends, and what it says. */
import { make } from "../base/dom.js";
import { tr } from "../data/language.js";
import { futuresStoreOf } from "../futures/futures_store.js";
import { mount } from "../stage.js";
import { followScheme } from "./scheme.js";

/**
 * @import { FuturesInfo } from "../futures/futures_store.js"
 * @import { Read } from "../runtime/packed_source.js"
 *
 * @typedef {{id: string, title: string, run: string, notes: string, made: string, palette: string[],
 *   info: FuturesInfo, parts: number, words: string[], map: object | null}} Content
 *   core/epochscope/portable/futures_file.py
 */

const BASE = "file";
const HEIGHTS = {
  multiples: "clamp(320px, calc(100vh - 190px), 760px)",
  spread: "260px",
  transport: "44px",
  chart: "290px",
};

/**
 * Opens the page.
 * @param {HTMLElement} element
 * @param {Read} read
 * @param {string} plotly  address of plotly.js
 */
export async function open(element, read, plotly) {
  /** @type {Content} */
  const content = JSON.parse(new TextDecoder().decode(await read("page")));
  const messages = [];
  for (let i = 0; i < content.parts; i++) messages.push(await read(`epochs${i}`));
  futuresStoreOf(BASE, content.id).hand(content.info, messages);
  followScheme();
  document.title = content.title;
  const [left, right] = [make("div", "futures-left"), make("div", "futures-right")];
  const named = content.title === content.run ? [] : [make("p", "quiet", { textContent: content.run })];
  const words = content.words.map((textContent) => make("p", "", { textContent }));
  const notes = content.notes ? [make("p", "notes", { textContent: content.notes })] : [];
  element.replaceChildren(
    make("header", "", {}, make("h1", "", { textContent: content.title }), ...named),
    make("div", "futures", {}, left, right),
    make("footer", "quiet", {
      textContent: tr("Made with {program}. This page needs no server.", { program: content.made }),
    }),
  );
  const ours = { futures: content.id };
  show(left, "multiples", content, plotly, ours);
  show(left, "transport", content, plotly, ours);
  show(right, "spread", content, plotly, ours);
  if (content.map) show(right, "chart", content, plotly, { still: true, figure: content.map });
  right.append(...words, ...notes);
}

/**
 * @param {HTMLElement} place
 * @param {keyof typeof HEIGHTS} kind
 * @param {Content} content
 * @param {string} plotly
 * @param {object} shown  what the panel shows
 */
function show(place, kind, { palette }, plotly, shown) {
  const parentElement = make("div", "", { "data-name": kind });
  place.append(parentElement);
  const panel = { kind, colors: false, film: false, opens: false };
  const data = { name: kind, run: null, base: BASE, plotly, palette, panel, height: HEIGHTS[kind], ...shown };
  mount({
    parentElement,
    key: kind,
    data: /** @type {any} */ (data),
    setStateValue: () => {},
    setTriggerValue: () => {},
  });
}
