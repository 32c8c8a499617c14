/** What is written around a panel in a picture or a video to keep: title and epoch, key and caption, in lines that fit. */
import { epochWords } from "../data/sentences.js";
import { contextOf, make } from "./dom.js";

/** @import { PlotPanel } from "./plot_panel.js" */
/** @import { Theme } from "./theme.js" */

/**
 * @typedef {object} PictureLegend  what Plotly does not draw of a picture to keep
 * @property {[name: string, color: string][]} [groups]
 * @property {string | null} [caption]
 * @property {string} [runs]  in words, where it is not the run of the store
 */

const EDGE = 8;

/** What is written around a panel. @param {PlotPanel<any>} panel */
export function wordsOf(panel) {
  const { store, titleMenu } = panel;
  const entry = store.current;
  const epoch = entry && panel.spec.kind !== "compare" ? epochWords(entry.epoch, entry.phase) : "";
  const { groups = [], caption, runs = store.title } = panel.legend();
  const subtitle = [runs, epoch].filter(Boolean).join(" · ");
  return { title: titleMenu?.title ?? "", subtitle, groups, caption: caption ?? "" };
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/** A picture knows no fonts of the page: what stands in for them may be wider. @param {string} words @param {Theme} theme */
function widthOf(words, theme) {
  probe ??= contextOf(make("canvas"));
  const context = probe;
  const widths = [theme.font, "sans-serif"].map((font) => {
    context.font = `12px ${font}`;
    return context.measureText(words).width;
  });
  return Math.max(...widths);
}

/** Words in lines of at most that width. @param {string} words @param {number} width @param {Theme} theme */
export function wrapped(words, width, theme) {
  /** @type {string[]} */
  const lines = [];
  for (const word of words.split(" ").filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer, theme) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The legend in rows. @param {[name: string, color: string][]} groups @param {number} width @param {Theme} theme */
export function legendRows(groups, width, theme) {
  /** @type {{x: number, name: string, color: string}[][]} */
  const rows = [];
  let x = 0;
  for (const [name, color] of groups) {
    const wide = widthOf(name, theme) + 26;
    if (!rows.length || x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ x: EDGE + x, name, color });
    x += wide;
  }
  return rows;
}
