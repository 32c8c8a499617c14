/**
 * A picture of a panel to keep, for a slide or a paper: title and epoch, Plotly's axes over what the panel has painted,
 * legend and caption. Composed as SVG; points are circles in it, curves are paths, heat maps stay the bitmaps they are. PNG
 * is the same picture at twice the size.
 */
import { tr } from "../data/language.js";
import { contextOf, make } from "./dom.js";
import { saveVideo } from "./film_button.js";
import { legendRows, wordsOf, wrapped } from "./picture_words.js";
import { OPENS, showTable, TABLE_ICON } from "./table_dialog.js";

const SHARP = 2; // pixels of a PNG for one of the screen's
const LINE = 17;
const EDGE = 8;
const FILE = /[^\w.-]+/g;

/** @import { PlotPanel } from "./plot_panel.js" */

/** @param {unknown} text */
const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A canvas as a part of an SVG picture. @param {HTMLCanvasElement} canvas @param {number} w @param {number} h */
export const bitmap = (canvas, w, h) =>
  `<image width="${w}" height="${h}" href="${canvas.toDataURL()}" preserveAspectRatio="none"/>`;

/** The buttons for Plotly's bar: to keep the picture, and for its numbers. @param {PlotPanel<any>} panel */
export function saveButtons(panel) {
  const icons = panel.Plotly?.Icons;
  /** @param {"png" | "svg"} format */
  const button = (format) => ({
    name: tr("Save as {format}", { format: format.toUpperCase() }),
    title: tr("Save this picture as {format}", { format: format.toUpperCase() }),
    icon: format === "png" ? icons?.camera : icons?.disk,
    click: () => save(panel, format).catch((error) => console.error("epochscope picture:", error)),
  });
  const video = {
    name: tr("Save as video"),
    title: tr("Save a video of all epochs, as fast as they play"),
    icon: icons?.movie,
    click: () => saveVideo([panel], panel.root, panel.name),
  };
  const table = {
    name: tr("Numbers"),
    title: OPENS,
    icon: TABLE_ICON,
    click: () => numbers(panel),
  };
  const moves = "cursor" in panel.store;
  return [button("png"), button("svg"), ...(moves ? [video] : []), ...(panel.hasTable ? [table] : [])];
}

/** @param {PlotPanel<any>} panel */
function numbers(panel) {
  const table = panel.tabulate();
  if (table) showTable(panel.root, panel.figureTitle, panel.describe(), table);
}

/** @param {PlotPanel<any>} panel @param {"png" | "svg"} format */
async function save(panel, format) {
  const { store, name } = panel;
  const made = await picture(panel);
  const blob = format === "svg" ? new Blob([made.svg], { type: "image/svg+xml" }) : await pixels(made);
  const epoch = store.current ? `-epoch${store.current.epoch}` : "";
  const link = make("a", "", {
    href: URL.createObjectURL(blob),
    download: `${store.run}-${name}${epoch}.${format}`.replace(FILE, "_"),
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {{svg: string, width: number, height: number}} picture @returns {Promise<Blob>} */
async function pixels({ svg, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make("canvas", "", { width: SHARP * width, height: SHARP * height });
  contextOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob(
      (blob) => (blob ? done(blob) : fail(new Error(tr("The picture could not be encoded.")))),
      "image/png",
    ),
  );
}

/**
 * The picture of a panel as SVG; its size in pixels.
 * @param {PlotPanel<any>} panel
 * @returns {Promise<{svg: string, width: number, height: number}>}
 */
export async function picture(panel) {
  await panel.complete();
  const { width: w, height: h } = panel.gd._fullLayout;
  const { theme } = panel;
  const { under, over } = panel.layers(); // before anything moves on
  const { title, subtitle, groups, caption } = wordsOf(panel);
  const data = await panel.Plotly.toImage(panel.gd, { format: "svg", width: w, height: h });
  const frame = decodeURIComponent(data.slice(data.indexOf(",") + 1)).replace(/^<\?xml[^>]*>/, "");
  const head = [
    ...(title ? [{ font: "600 14px", fill: theme.text, words: title }] : []),
    ...wrapped(subtitle, w - 2 * EDGE, theme).map((words) => ({ font: "12px", fill: theme.faint, words })),
  ];
  const top = head.length * LINE + EDGE;
  const rows = legendRows(groups, w - 2 * EDGE, theme);
  const foot = wrapped(caption, w - 2 * EDGE, theme);
  const lines = rows.length + foot.length;
  const height = Math.ceil(top + h + lines * LINE + (lines ? EDGE : 0));
  /** @type {(x: number, y: number, words: string, fill: string, font?: string) => string} */
  const text = (x, y, words, fill, font = "12px") =>
    `<text x="${x}" y="${y}" fill="${escaped(fill)}" style="font:${escaped(`${font} ${theme.font}`)}">${escaped(words)}</text>`;
  /** @param {number} i */
  const below = (i) => top + h + (i + 1) * LINE - 5;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${height}" viewBox="0 0 ${w} ${height}">`,
    `<rect width="${w}" height="${height}" fill="${escaped(theme.background)}"/>`,
    ...head.map(({ font, fill, words }, i) => text(EDGE, (i + 1) * LINE, words, fill, font)),
    `<g transform="translate(0 ${top})">${under}${frame}${over}</g>`,
    ...rows.flatMap((row, i) =>
      row.map(
        ({ x, name, color }) =>
          `<circle cx="${x + 5}" cy="${below(i) - 4}" r="4.5" fill="${escaped(color)}"/>${text(x + 14, below(i), name, theme.text)}`,
      ),
    ),
    ...foot.map((line, i) => text(EDGE, below(rows.length + i), line, theme.faint)),
    "</svg>",
  ].join("");
  return { svg, width: w, height };
}
