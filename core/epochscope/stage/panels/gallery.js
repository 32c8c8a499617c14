/** Some drawn points side by side: their pictures (or a dot) with a line of text each; a click picks one. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { Roving } from "../base/roving.js";
import { describe, hasPicture, spriteStyle, Tooltip } from "../base/tooltip.js";
import { tr } from "../data/language.js";

const SIDE = 46; // CSS pixels of a picture

export class GalleryPanel extends Panel {
  list = make("div", "es-gallery", { role: "group", "aria-label": this.data.label ?? tr("Points") });
  roving = new Roving(this.list);
  tooltip = new Tooltip(this.root);
  #shown = "";

  start() {
    this.root.append(this.list, this.tooltip.box);
    super.start();
  }

  /** @param {[point: number, text: string, marked: boolean]} item */
  #tile([point, text, marked]) {
    const { store } = this;
    const { info } = store;
    const sprite = info?.sprite;
    const pictured = hasPicture(sprite, point);
    const group = info?.truth?.[point] ?? store.current?.labels?.[point] ?? 0;
    const dot = { width: "18px", height: "18px", borderRadius: "50%", background: this.color(Math.max(0, group)) };
    const picture = make("i");
    Object.assign(picture.style, sprite && pictured ? spriteStyle(store.base, sprite, point, SIDE) : dot);
    const index = info?.index[point] ?? point;
    const label = `${tr("point {i}", { i: index })}, ${text}`;
    const tile = make("button", "", { type: "button", "aria-label": label }, picture, make("b", "", {}, text));
    if (!pictured) tile.append(make("span", "", {}, `#${index}`));
    tile.dataset.marked = marked ? "1" : "0";
    tile.onclick = () => {
      store.choose(point);
      this.setTriggerValue?.("pick", { point, index, epoch: store.current?.epoch ?? null });
    };
    tile.onpointerenter = () => this.#hover(tile, point);
    tile.onpointerleave = () => {
      store.hover(null);
      this.tooltip.hide();
    };
    return tile;
  }

  /** @param {HTMLElement} tile @param {number} point */
  #hover(tile, point) {
    const { store } = this;
    store.hover(point);
    const box = tile.getBoundingClientRect();
    const root = this.root.getBoundingClientRect();
    const lines = describe(
      store,
      point,
      store.current,
      (i) => this.color(i),
      (i) => this.clusterColor(i),
    );
    this.tooltip.show(box.right - root.left, box.top - root.top, lines, store, point);
  }

  paint() {
    const items = this.data.items ?? [];
    const key = JSON.stringify([items, Boolean(this.store.info), this.theme.dark]);
    if (key !== this.#shown) {
      this.#shown = key;
      this.list.replaceChildren(...items.map((item) => this.#tile(item)));
      this.roving.refresh();
    }
    Object.assign(this.report, { n: items.length, epoch: this.store.current?.epoch ?? null });
    return false;
  }
}
