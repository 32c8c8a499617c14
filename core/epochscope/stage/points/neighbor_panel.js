/** The neighbors of the picked point: their pictures with weight and JS divergence, and lines to them. */

import { make } from "../base/dom.js";
import { Roving } from "../base/roving.js";
import { hasPicture, spriteStyle } from "../base/tooltip.js";
import { tr } from "../data/language.js";
import { alpha } from "../render/color.js";
import { placeOf } from "./motion.js";

/** @import { PointsPanel } from "./points_panel.js" */
/** @import { View } from "./screen.js" */

/**
 * @typedef {[place: number | null, weight: number | null, js: number | null]} Neighbor  place null: it is not drawn
 * @typedef {{epoch: number, point: number, neighbors: Neighbor[]}} Neighborhood
 */

const SIDE = 34; // CSS pixels of a picture
const WAIT = 100; // ms the cursor must rest before the server is asked

/** @param {number | null} value */
const three = (value) => (value === null ? "" : value.toFixed(3));

export class NeighborPanel {
  /** @type {Neighborhood | null} */
  #known = null;
  /** @type {string | null | undefined}  epoch and point that are shown or asked for */
  #asked;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /** @param {PointsPanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.title = make("span");
    const label = tr("Deselect the point");
    const close = make("button", "", { type: "button", textContent: "×", title: label, "aria-label": label });
    close.onclick = () => panel.store.pick(null);
    this.list = make("div", "es-neighbor-list", { role: "group", "aria-label": tr("Neighbors") });
    this.roving = new Roving(this.list);
    const head = make("div", "es-neighbor-head", {}, this.title, close);
    this.box = make("div", "es-neighbors", { hidden: true }, head, this.list);
    panel.root.append(this.box);
  }

  /** Requests the neighbors of the picked point, if point or epoch have changed. */
  refresh() {
    const { store, shown } = this.panel;
    const point = store.info?.provides.includes("neighbors") ? store.picked : null;
    const epoch = shown?.frame.epoch ?? null;
    const key = point === null || epoch === null ? null : `${epoch}|${point}`;
    if (key === this.#asked) return;
    this.#asked = key;
    clearTimeout(this.#later);
    if (key === null || this.#known?.point !== point) this.#known = null;
    if (key === null) this.box.hidden = true;
    else this.#later = setTimeout(() => this.#ask(key, `neighbors?epoch=${epoch}&point=${point}`), WAIT);
  }

  /** @param {string} key @param {string} path */
  async #ask(key, path) {
    try {
      const response = await this.panel.store.get(path);
      if (!response.ok) return;
      const known = await response.json();
      if (key !== this.#asked || this.panel.gone) return;
      this.#known = known;
      this.#fill(known);
      this.panel.schedule();
    } catch {
      this.#asked = undefined; // the server is away: ask again when something changes
    }
  }

  /** @param {Neighborhood} known */
  #fill({ point, neighbors }) {
    const { panel } = this;
    const { store, shown } = panel;
    this.box.hidden = !neighbors.length;
    const index = store.info?.index[point] ?? point;
    const away = neighbors.filter(([place]) => place === null).length;
    const more = away ? tr("; {n} more are not drawn", { n: away }) : "";
    this.title.textContent = tr("neighbors of point {i}: weight w, JS divergence", { i: index }) + more;
    const groups = panel.mode === "class" ? store.info?.truth : shown?.entry?.labels;
    const items = neighbors.flatMap(([place, weight, js]) => {
      if (place === null) return [];
      const item = this.#item(place, groups?.[place] ?? 0, weight, js);
      item.dataset.agrees = groups?.[place] === groups?.[point] ? "1" : "0";
      return [item];
    });
    this.list.replaceChildren(...items);
    this.roving.refresh();
    panel.report.neighbors = neighbors.length;
  }

  /** @type {(place: number, group: number, weight: number | null, js: number | null) => HTMLElement} */
  #item(place, group, weight, js) {
    const { panel } = this;
    const { store } = panel;
    const tile = make("i", "", { title: tr("point {i}", { i: store.info?.index[place] ?? place }) });
    const dot = { width: "22px", height: "22px", background: panel.color(group), borderRadius: "50%" };
    const sprite = store.info?.sprite;
    Object.assign(tile.style, sprite && hasPicture(sprite, place) ? spriteStyle(store.base, sprite, place, SIDE) : dot);
    const texts = [make("b", "", {}, three(weight)), make("span", "", {}, three(js))];
    const index = store.info?.index[place] ?? place;
    const label = tr("point {i}: weight {weight}, JS divergence {js}", {
      i: index,
      weight: three(weight),
      js: three(js),
    });
    const item = make("button", "", { type: "button", "aria-label": label }, tile, ...texts);
    item.onclick = () => store.pick(place);
    item.onpointerenter = () => store.hover(place);
    item.onpointerleave = () => store.hover(null);
    return item;
  }

  /**
   * Lines from the picked point to all of its neighbors that are drawn.
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   */
  draw(context, view) {
    const known = this.#known;
    const { layer, theme, shown } = this.panel;
    if (!known || !shown || known.point >= layer.length) return;
    const { range, sx, sy, dpr, left, top } = view;
    /** @type {(i: number) => [number, number]} */
    const at = (i) => {
      const [x, y] = placeOf(shown, i);
      return [left + ((x - range[0]) * sx) / dpr, top + ((range[3] - y) * sy) / dpr];
    };
    const most = Math.max(...known.neighbors.map(([, weight]) => weight ?? 1), 1e-12);
    for (const [place, weight] of known.neighbors) {
      if (place === null || place >= layer.length || !layer[place]) continue;
      const share = (weight ?? most) / most;
      context.beginPath();
      context.moveTo(...at(known.point));
      context.lineTo(...at(place));
      context.lineWidth = 1 + 2.5 * share;
      context.strokeStyle = alpha(theme.background, 0.8);
      context.stroke();
      context.lineWidth -= 0.6;
      context.strokeStyle = alpha(theme.primary, 0.35 + 0.65 * share);
      context.stroke();
    }
  }

  destroy() {
    clearTimeout(this.#later);
  }
}
