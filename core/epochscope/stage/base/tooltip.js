/** The stage's own tooltip: a picture of the sample and a few lines of text (always text, never markup). */
import { tr } from "../data/language.js";
import { make } from "./dom.js";

const SIDE = 62; // CSS pixels of the longer side of a picture

/**
 * @import { Epoch } from "../data/epoch.js"
 * @import { Sprite } from "../data/types.js"
 * @import { Store } from "../runtime/store.js"
 *
 * @typedef {[name: string, value: string | number, color?: string]} Line  with the color of a swatch; name "": a heading
 */

export class Tooltip {
  #shown = "";

  /** @param {HTMLElement} root  of the panel */
  constructor(root) {
    this.root = root;
    this.tile = make("div", "es-tip-tile");
    this.lines = make("dl", "es-tip-lines");
    this.box = make("div", "es-tip", { hidden: true, role: "tooltip" }, this.tile, this.lines);
    root.append(this.box);
  }

  /**
   * @param {number} x  CSS pixels in the panel
   * @param {number} y
   * @param {Line[]} lines
   * @param {Store | null} store  for the picture of a point
   * @param {number | null} point  place of a drawn point
   */
  show(x, y, lines, store = null, point = null) {
    const key = JSON.stringify([lines, point]);
    if (key !== this.#shown) {
      this.#shown = key;
      this.lines.replaceChildren(...lines.flatMap(([name, value, color]) => row(name, value, color)));
      const sprite = store?.info?.sprite;
      const pictured = point !== null && hasPicture(sprite, point);
      this.tile.hidden = !pictured;
      if (store && sprite && pictured) Object.assign(this.tile.style, spriteStyle(store.base, sprite, point, SIDE));
    }
    this.box.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.root;
    const { offsetWidth: w, offsetHeight: h } = this.box;
    const left = x + 16 + w > width ? x - 16 - w : x + 16;
    const top = y + 14 + h > height ? y - 14 - h : y + 14;
    this.box.style.transform = `translate(${Math.round(Math.max(-4, left))}px, ${Math.round(Math.max(-4, top))}px)`;
  }

  hide() {
    this.box.hidden = true;
  }
}

/** Whether there is a picture of a drawn point. @param {Sprite | null | undefined} sprite @param {number} point */
export const hasPicture = (sprite, point) => Boolean(sprite) && point < (sprite?.pictured ?? Infinity);

/**
 * The style of an element that shows the picture of a drawn point.
 * @param {string} base  of all addresses
 * @param {Sprite} sprite
 * @param {number} point
 * @param {number} side  CSS pixels of its longer side
 */
export function spriteStyle(base, sprite, point, side) {
  const { tile_width: w, tile_height: h, columns, tiles = Infinity } = sprite;
  const zoom = side / Math.max(w, h);
  const place = Number.isFinite(tiles) ? point % tiles : point; // on its sheet
  const sheet = Number.isFinite(tiles) ? Math.floor(point / tiles) : 0;
  const address = sprite.url.replace("{sheet}", `${sheet}`);
  const url = address.startsWith("/") ? base + address : address;
  return {
    width: `${w * zoom}px`,
    height: `${h * zoom}px`,
    backgroundImage: `url(${JSON.stringify(url)})`,
    backgroundSize: `${columns * w * zoom}px auto`,
    backgroundPosition: `${-(place % columns) * w * zoom}px ${-Math.floor(place / columns) * h * zoom}px`,
  };
}

/** @param {string} name @param {string | number} value @param {string} [color] */
function row(name, value, color) {
  const swatch = color ? [make("span", "es-swatch", { style: `background:${color}` })] : [];
  if (!name) return [make("dt", "es-tip-title", {}, ...swatch, String(value))];
  return [make("dt", "", {}, name), make("dd", "", {}, ...swatch, String(value))];
}

/**
 * What is known of a drawn point at an epoch.
 * @param {Store} store
 * @param {number} point
 * @param {Epoch | null} entry
 * @param {(group: number) => string} color  of a class
 * @param {(cluster: number) => string} clusterColor
 * @returns {Line[]}
 */
export function describe({ info }, point, entry, color, clusterColor) {
  /** @type {Line[]} */
  const lines = [["", tr("point {i}", { i: (info?.index[point] ?? point).toLocaleString("en-US") })]];
  const truth = info?.truth?.[point];
  if (truth !== undefined && truth >= 0) lines.push([tr("class"), info?.classes?.[truth] ?? truth, color(truth)]);
  const { labels, confidence } = entry ?? {};
  if (labels && labels[point] < 0) lines.push([tr("cluster"), tr("none")]);
  else if (labels) lines.push([tr("cluster"), labels[point], clusterColor(labels[point])]);
  if (confidence) lines.push([tr("confidence"), (confidence[point] / 255).toFixed(2)]);
  return lines;
}
