/** The stage's own tooltip: a picture of the sample and a few lines of text (always text, never markup). */
import { make } from "./dom.js";

const SIDE = 62; // CSS pixels of the longer side of a picture

export class Tip {
  constructor(root) {
    this.root = root;
    this.tile = make("div", "es-tip-tile");
    this.lines = make("dl", "es-tip-lines");
    this.box = make("div", "es-tip", { hidden: true, role: "tooltip" }, this.tile, this.lines);
    root.append(this.box);
  }

  /** @param {Array<[string, string, string?]>} lines  name, value, colour of a swatch; a name "" makes a heading */
  show(x, y, lines, store, point = null) {
    const key = JSON.stringify([lines, point]);
    if (key !== this.key) {
      this.key = key;
      this.lines.replaceChildren(...lines.flatMap(([name, value, color]) => row(name, value, color)));
      this.#picture(store, point);
    }
    this.box.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.root;
    const { offsetWidth: w, offsetHeight: h } = this.box;
    const left = x + 16 + w > width ? x - 16 - w : x + 16;
    const top = y + 14 + h > height ? y - 14 - h : y + 14;
    this.box.style.transform = `translate(${Math.round(Math.max(-4, left))}px, ${Math.round(Math.max(-4, top))}px)`;
  }

  #picture(store, point) {
    const sprite = store?.info?.sprite;
    this.tile.hidden = !sprite || point === null;
    if (this.tile.hidden) return;
    Object.assign(this.tile.style, spriteStyle(store, point, SIDE));
  }

  hide() {
    this.box.hidden = true;
  }
}

/** The style of an element that shows the picture of a drawn point, `side` CSS pixels long. */
export function spriteStyle(store, point, side) {
  const { sprite } = store.info;
  const { tile_width: w, tile_height: h, columns } = sprite;
  const zoom = side / Math.max(w, h);
  const url = sprite.url.startsWith("/") ? store.base + sprite.url : sprite.url;
  return {
    width: `${w * zoom}px`,
    height: `${h * zoom}px`,
    backgroundImage: `url(${JSON.stringify(url)})`,
    backgroundSize: `${columns * w * zoom}px auto`,
    backgroundPosition: `${-(point % columns) * w * zoom}px ${-Math.floor(point / columns) * h * zoom}px`,
  };
}

function row(name, value, color) {
  const parts = [];
  if (color) parts.push(make("span", "es-swatch", { style: `background:${color}` }));
  parts.push(String(value));
  if (!name) return [make("dt", "es-head", {}, ...parts)];
  return [make("dt", "", {}, name), make("dd", "", {}, ...parts)];
}

/** What is known of a drawn point at an epoch. */
export function describe(store, point, entry, color) {
  const { info } = store;
  const lines = [["", `point ${(info?.index?.[point] ?? point).toLocaleString("en-US")}`]];
  const truth = info?.truth?.[point];
  if (truth !== undefined && truth !== null && truth >= 0)
    lines.push(["class", info.classes?.[truth] ?? truth, color(truth)]);
  if (entry?.labels) lines.push(["cluster", entry.labels[point], color(entry.labels[point])]);
  if (entry?.confidence) lines.push(["confidence", (entry.confidence[point] / 255).toFixed(2)]);
  return lines;
}
