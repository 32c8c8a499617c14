/**
 * A picture of a panel to keep, for a slide or a paper: title and epoch, Plotly's axes over what the panel has painted,
 * key and caption. Composed as SVG; points are circles in it, curves are paths, heat maps stay the bitmaps they are. PNG
 * is the same picture at twice the size.
 */
import { make } from "./dom.js";

const SHARP = 2; // pixels of a PNG for one of the screen's
const LINE = 17;
const EDGE = 8;
const FILE = /[^\w.-]+/g;

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const bitmap = (canvas, w, h) =>
  `<image width="${w}" height="${h}" href="${canvas.toDataURL()}" preserveAspectRatio="none"/>`;

/** The buttons for Plotly's bar. */
export function saving(panel) {
  const icons = panel.Plotly?.Icons;
  return ["png", "svg"].map((format) => ({
    name: `Save as ${format.toUpperCase()}`,
    title: `Save this picture as ${format.toUpperCase()}`,
    icon: format === "png" ? icons?.camera : icons?.disk,
    click: () => save(panel, format).catch((error) => console.error("epochscope picture:", error)),
  }));
}

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

async function pixels({ svg, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make("canvas", "", { width: SHARP * width, height: SHARP * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** @returns {Promise<{svg: string, width: number, height: number}>} */
export async function picture(panel) {
  await panel.complete();
  const { width: w, height: h } = panel.gd._fullLayout;
  const { theme } = panel;
  const { under, over } = panel.layers(); // before anything moves on
  const { title, about, key, caption } = wordsOf(panel);
  const data = await panel.Plotly.toImage(panel.gd, { format: "svg", width: w, height: h });
  const frame = decodeURIComponent(data.slice(data.indexOf(",") + 1)).replace(/^<\?xml[^>]*>/, "");
  const head = [
    ...(title ? [["600 14px", theme.text, title]] : []),
    ...wrapped(about, w - 2 * EDGE, theme).map((line) => ["12px", theme.faint, line]),
  ];
  const top = head.length * LINE + EDGE;
  const rows = keyRows(key, w - 2 * EDGE, theme);
  const foot = wrapped(caption, w - 2 * EDGE, theme);
  const height = Math.ceil(top + h + (rows.length + foot.length) * LINE + (rows.length + foot.length ? EDGE : 0));
  const text = (x, y, words, fill, font = "12px") =>
    `<text x="${x}" y="${y}" fill="${escaped(fill)}" style="font:${escaped(`${font} ${theme.font}`)}">${escaped(words)}</text>`;
  const below = (i) => top + h + (i + 1) * LINE - 5;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${height}" viewBox="0 0 ${w} ${height}">`,
    `<rect width="${w}" height="${height}" fill="${escaped(theme.background)}"/>`,
    ...head.map(([font, fill, words], i) => text(EDGE, (i + 1) * LINE, words, fill, font)),
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

function wordsOf(panel) {
  const { store, head } = panel;
  const entry = store.current;
  const epoch =
    entry && panel.spec.kind !== "compare" ? `epoch ${entry.epoch}${entry.phase ? ` (${entry.phase})` : ""}` : "";
  const menu = head?.select.selectedOptions[0]?.textContent;
  const { key = [], caption = "", runs = store.info?.run_title } = panel.legend();
  return { title: menu ?? "", about: [runs, epoch].filter(Boolean).join(" · "), key, caption };
}

const probe = document.createElement("canvas").getContext("2d");
/** A picture knows no fonts of the page: what stands in for them may be wider. */
function widthOf(words, theme) {
  return Math.max(
    ...[theme.font, "sans-serif"].map((font) => {
      probe.font = `12px ${font}`;
      return probe.measureText(words).width;
    }),
  );
}

/** Words in lines of at most that width. */
function wrapped(words, width, theme) {
  const lines = [];
  for (const word of String(words).split(" ").filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer, theme) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The key in rows: [{x, name, color}, ...] each. */
function keyRows(key, width, theme) {
  const rows = [];
  let x = 0;
  for (const [name, color] of key) {
    const wide = widthOf(name, theme) + 26;
    if (!rows.length || x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ x: EDGE + x, name, color });
    x += wide;
  }
  return rows;
}
