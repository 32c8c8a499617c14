/** How groups of small pictures are laid out: scaled by whole pixels, as large as fits. */

/**
 * @typedef {object} Sheet  pictures in groups
 * @property {Uint8Array} bytes  gray values
 * @property {number} w  pixels of a picture
 * @property {number} h
 * @property {number} groups
 * @property {number} wide  pictures side by side in a group
 * @property {(group: number, i: number) => number} at  first byte of a picture
 * @property {boolean} clusters  whether a group is a cluster
 *
 * @typedef {object} Layout
 * @property {number} wide  pictures of a group that are shown
 * @property {number} zoom  CSS pixels of a pixel
 * @property {number} columns
 * @property {number} shown  groups
 * @property {number} gw  CSS pixels from group to group
 * @property {number} gh
 * @property {number} tag  CSS pixels for the number of a cluster
 */

export const GAP = 5; // CSS pixels between groups
const TAG = 15; // CSS pixels for the number of a cluster
const MOST_ZOOM = 8;
const READABLE = 16; // CSS pixels of a picture
const FEW = 3; // samples of a cluster, at least

/**
 * The largest whole zoom at which all groups fit, and how many columns that makes. Of samples, rather fewer than tiny.
 * @param {Sheet} sheet
 * @param {number} width  CSS pixels
 * @param {number} height
 * @param {number} dpr
 */
export function fitted(sheet, width, height, dpr) {
  let best = zoomed(sheet, sheet.wide, width, height, dpr);
  const least = sheet.clusters ? Math.min(FEW, sheet.wide) : sheet.wide;
  for (let wide = sheet.wide - 1; wide >= least && best.zoom * sheet.h < READABLE; wide--) {
    const layout = zoomed(sheet, wide, width, height, dpr);
    if (layout.zoom > best.zoom) best = layout;
  }
  return best;
}

/** @type {(sheet: Sheet, wide: number, width: number, height: number, dpr: number) => Layout} */
function zoomed({ w, h, groups, clusters }, wide, width, height, dpr) {
  const tag = clusters ? TAG : 0;
  /** @param {number} zoom @returns {[number, number]} */
  const sizes = (zoom) => [tag + wide * (w * zoom + 1) + GAP, h * zoom + GAP];
  const zooms = [];
  for (let zoom = MOST_ZOOM * dpr; zoom >= 1; zoom--) zooms.push(zoom / dpr);
  zooms.push(1 / (2 * dpr), 1 / (3 * dpr)); // large pictures: every second or third pixel
  for (const zoom of zooms) {
    const [gw, gh] = sizes(zoom);
    const most = Math.min(groups, Math.floor((width + GAP) / gw));
    const rows = Math.floor((height + GAP) / gh);
    const columns = Math.ceil(groups / Math.ceil(groups / most));
    if (most >= 1 && most * rows >= groups) return { wide, zoom, columns, shown: groups, gw, gh, tag };
  }
  const zoom = w * wide > width * dpr ? 1 / (3 * dpr) : 1 / dpr; // not all of them fit
  const [gw, gh] = sizes(zoom);
  const columns = Math.max(1, Math.floor((width + GAP) / gw));
  const rows = Math.max(1, Math.floor((height + GAP) / gh));
  return { wide, zoom, columns, shown: Math.min(groups, columns * rows), gw, gh, tag };
}
