/** The colors of the points, and which are hidden, in the background, or highlighted. */
import { columnOf, GRAY, isContinuous, numberOf } from "../data/color_modes.js";
import { packed } from "../render/color.js";
import { CIVIDIS, table } from "../render/colormaps.js";
import { FORMS, formAsSvg } from "../render/forms.js";
import { trustsOf } from "../runtime/frame_trust.js";
import { dotsOf, opacityOf } from "./screen.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Store } from "../runtime/store.js" */
/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */

// layers of points; those of layer 0 are hidden
export const BEHIND = 1; // not selected
export const NORMAL = 2;
export const RAISED = 3; // changed its cluster, or is a mistake

/**
 * The group of each point; null for numbers, or while it is not known.
 * @param {string} mode
 * @param {Store} store
 * @param {Epoch | null} entry
 * @returns {ArrayLike<number> | null}
 */
function groupsOf(mode, store, entry) {
  const truth = store.info?.truth ?? null;
  const labels = entry?.labels ?? null;
  if (mode === "class") return truth;
  if (mode === "cluster") return labels;
  if (!entry || !labels || isContinuous(mode)) return null;
  if (mode === "changed") {
    const last = store.before(entry.epoch)?.labels;
    return labels.map((label, i) => (last && last[i] !== label ? 1 : 0));
  }
  const match = store.serverColors.at(entry.epoch)?.match;
  if (!match || !truth) return null;
  return labels.map((label, i) => (truth[i] < 0 ? -1 : label >= 0 && match[label] === truth[i] ? 0 : 1));
}

/**
 * A number of each point, 0 to 255 on the color map; null while it is not known.
 * @param {PointsPanel} panel
 * @param {Shown} shown
 * @returns {ArrayLike<number | null> | null}
 */
function valuesOf({ mode, store, projection }, { entry, frame }) {
  if (mode === "trust") return trustsOf(store).at(projection, frame.epoch)?.values ?? null;
  if (mode === "confidence") return entry?.confidence ?? null;
  const column = columnOf(mode);
  if (column !== null) return store.serverColors.feature(column)?.values ?? null;
  const number = numberOf(mode);
  if (number !== null) return (entry && store.serverColors.at(entry.epoch)?.numbers?.[number]?.values) ?? null;
  return entry ? (store.serverColors.at(entry.epoch)?.entropy ?? null) : null;
}

/**
 * Color with opacity (a packed pixel), layer and form of each point; form null: all are round.
 * @param {PointsPanel} panel
 * @param {Shown} shown
 */
export function pointStyle(panel, shown) {
  const { store, mode } = panel;
  const n = shown.to.length >> 1;
  const tint = new Uint32Array(n);
  const layer = new Uint8Array(n);
  const groups = groupsOf(mode, store, shown.entry);
  const tones = panel.groups.map((_, i) => packed(panel.tone(i)));
  const marks = panel.shaped && groups ? panel.groups.map((_, i) => FORMS.indexOf(panel.formOf(i))) : null;
  const form = marks && new Uint8Array(n);
  const gray = packed(GRAY);
  const map = panel.continuous ? table(CIVIDIS) : null;
  const values = map && valuesOf(panel, shown);
  const hidden = store.hiddenIn(mode);
  const last = mode === "class" || mode === "mistakes" ? null : store.before(shown.frame.epoch)?.labels;
  const now = shown.entry?.labels;
  const mask = store.selection?.mask;
  const crowd = dotsOf(store.info, n);
  const [near, away] = [opacityOf(crowd, 226) << 24, opacityOf(crowd, 46) << 24];
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(shown.to[2 * i])) continue; // its code is not finite
    const group = groups?.[i] ?? -1;
    let color = group >= 0 ? tones[group % tones.length] : gray;
    const value = values?.[i] ?? null;
    if (map) color = value === null ? gray : map[value] & 0xffffff;
    else if (hidden.has(group)) continue;
    if (form && marks && group >= 0) form[i] = marks[group % marks.length];
    const behind = mask && !mask[i];
    tint[i] = (color | (behind ? away : near)) >>> 0;
    const raised = (mode === "mistakes" && group === 1) || (last && now && last[i] !== now[i]);
    layer[i] = behind ? BEHIND : raised ? RAISED : NORMAL;
  }
  return { tint, layer, form };
}

/** More points than these are a bitmap in a picture to keep. */
export const MOST_CIRCLES = 20_000;

/**
 * Points as marks of an SVG picture, those of one color and layer together; positions in CSS pixels.
 * @param {object} what
 * @param {Float32Array} what.xy  pixels of the plot
 * @param {Uint32Array} what.tint
 * @param {Uint8Array} what.layer
 * @param {Uint8Array | null} what.form
 * @param {number} what.left  of the plot in the picture
 * @param {number} what.top
 * @param {number} what.dpr
 * @param {number[]} what.sizes  radius of each layer
 * @param {[width: number, height: number]} what.within  pixels of the plot
 */
export function circles({ xy, tint, layer, form, left, top, dpr, sizes, within: [W, H] }) {
  /** @type {Map<number, string[]>} */
  const groups = new Map();
  for (let i = 0; i < tint.length; i++) {
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (!layer[i] || !(x >= 0 && y >= 0 && x <= W && y <= H)) continue;
    const key = layer[i] * 2 ** 32 + tint[i];
    const mark = formAsSvg(form?.[i] ?? 0, left + x / dpr, top + y / dpr, sizes[layer[i]]);
    const group = groups.get(key);
    if (group) group.push(mark);
    else groups.set(key, [mark]);
  }
  return [...groups]
    .sort(([a], [b]) => Math.floor(a / 2 ** 32) - Math.floor(b / 2 ** 32))
    .map(([key, some]) => {
      const c = key % 2 ** 32;
      return `<g fill="rgb(${c & 255},${(c >>> 8) & 255},${(c >>> 16) & 255})" fill-opacity="${((c >>> 24) / 255).toFixed(2)}">${some.join("")}</g>`;
    })
    .join("");
}
