/** Some drawn points side by side: their pictures (or a dot) with a line of text each; a click picks one. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { describe, spriteStyle, Tip } from "../base/tooltip.js";

const SIDE = 46; // CSS pixels of a picture

export class GalleryPanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    this.list = make("div", "es-gallery", { role: "group", "aria-label": data.label ?? "Points" });
    this.root.append(this.list);
    this.tip = new Tip(this.root);
    this.list.addEventListener("keydown", (event) => this.#walk(event));
    this.schedule();
  }

  /** Arrow keys go from tile to tile, and leave the cursor alone. */
  #walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tiles = [...this.list.children];
    const at = tiles.indexOf(event.target.closest("button"));
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    tiles[at + step]?.focus();
  }

  #tile([point, text, marked]) {
    const { store } = this;
    const { info } = store;
    const picture = make("i");
    if (info?.sprite) Object.assign(picture.style, spriteStyle(store, point, SIDE));
    else
      Object.assign(picture.style, {
        width: "18px",
        height: "18px",
        borderRadius: "50%",
        background: this.color(Math.max(0, info?.truth?.[point] ?? store.current?.labels?.[point] ?? 0)),
      });
    const index = info?.index?.[point] ?? point;
    const tile = make(
      "button",
      "",
      { type: "button", "aria-label": `point ${index}, ${text}` },
      picture,
      make("b", "", {}, text),
    );
    if (!info?.sprite) tile.append(make("span", "", {}, `#${index}`));
    tile.dataset.marked = marked ? "1" : "0";
    tile.onclick = () => {
      store.picked = point;
      store.tell("view");
      this.setTriggerValue?.("pick", { point, index, epoch: store.current?.epoch ?? null });
    };
    tile.onpointerenter = () => {
      store.hover(point);
      const box = tile.getBoundingClientRect();
      const root = this.root.getBoundingClientRect();
      this.tip.show(
        box.right - root.left,
        box.top - root.top,
        describe(store, point, store.current, (i) => this.color(i)),
        store,
        point,
      );
    };
    tile.onpointerleave = () => {
      store.hover(null);
      this.tip.hide();
    };
    return tile;
  }

  paint() {
    const items = this.data.items ?? [];
    const key = JSON.stringify([items, Boolean(this.store.info), this.theme.dark]);
    if (key !== this.key) {
      this.key = key;
      this.list.replaceChildren(...items.map((item) => this.#tile(item)));
    }
    Object.assign(this.report, { n: items.length, epoch: this.store.current?.epoch ?? null });
    return false;
  }
}
