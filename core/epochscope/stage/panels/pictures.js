/**
 * Pictures that a decoder painted, scaled by whole pixels. Python's figure says which: `value`, a channel of pictures, and
 * either `parts`, the names of the pictures of a group, or `of`, what they are pictures of, where a group is a cluster.
 */

import { contextOf, length, make, setText } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { channelNamed } from "../data/declared.js";
import { tr } from "../data/language.js";
import { picturesSentence } from "../data/sentences.js";
import { inkOn } from "../render/color.js";
import { fitted, GAP } from "./picture_layout.js";

/** @import { PanelData } from "../base/panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent } from "../runtime/store.js" */
/** @import { Layout, Sheet } from "./picture_layout.js" */

const MOST_GROUPS = 100; // as many as the server sends
const [TOP, BOTTOM, SIDE] = [28, 38, 6]; // CSS pixels around the pictures

export class PicturesPanel extends Panel {
  /** Names of the pictures of a group. @type {string[]} */
  parts = this.spec.parts ?? [];
  canvas = make("canvas", "es-canvas", { role: "img" });
  context = contextOf(this.canvas);
  caption = make("div", "es-caption");
  noteBox = make("div", "es-note");
  #tile = make("canvas");
  #watcher = new ResizeObserver(() => this.schedule());

  start() {
    this.root.style.height = length(this.data.height ?? 240);
    this.root.append(this.canvas, this.noteBox, make("div", "es-foot", {}, this.caption));
    this.#watcher.observe(this.root);
    super.start();
  }

  /** @param {PanelData} data */
  update(data) {
    this.root.style.height = length(data.height ?? 240);
    super.update(data);
  }

  /** @param {StageEvent} event */
  changed(event) {
    const { info } = this.store;
    if (info && (event === "info" || event === "update")) channelNamed(info, this.spec.value, "gray");
  }

  /** @param {Epoch | null} entry @returns {Sheet | null} */
  #sheet(entry) {
    const { info } = this.store;
    const bytes = entry?.channel(this.spec.value, "gray");
    const sprite = info?.sprite;
    if (!bytes || !sprite) return null;
    const [w, h] = [sprite.tile_width, sprite.tile_height];
    const all = Math.floor(bytes.length / (w * h));
    const parts = this.parts.length;
    if (parts) {
      const groups = all / parts; // all firsts, all seconds, ...
      return { bytes, w, h, groups, wide: parts, at: (group, i) => (i * groups + group) * w * h, clusters: false };
    }
    const groups = Math.min(info.k, MOST_GROUPS, all);
    const wide = Math.max(1, Math.floor(all / groups));
    return { bytes, w, h, groups, wide, at: (group, i) => (group * wide + i) * w * h, clusters: true };
  }

  describe() {
    const { current } = this.store;
    const sheet = this.#sheet(current);
    if (!sheet) return this.noteBox.textContent ?? "";
    const of = this.parts.length ? this.parts.map((part) => tr(part)).join(", ") : tr(this.spec.of);
    const { groups, wide: each } = sheet;
    return picturesSentence({
      title: this.figureTitle,
      epoch: current?.epoch,
      phase: current?.phase,
      groups,
      each,
      of,
    });
  }

  paint() {
    const { store, root, theme } = this;
    const [W, H] = [root.clientWidth, root.clientHeight];
    if (!W || !H) return false;
    const dpr = this.sharpness;
    const sheet = this.#sheet(store.current);
    const n = sheet ? sheet.groups * sheet.wide : 0;
    Object.assign(this.report, { epoch: store.current?.epoch ?? null, n });
    [this.canvas.width, this.canvas.height] = [Math.round(W * dpr), Math.round(H * dpr)];
    Object.assign(this.canvas.style, { width: `${W}px`, height: `${H}px` });
    setText(this.noteBox, sheet ? "" : this.whyNothing(tr("No pictures")));
    if (!sheet) {
      this.caption.textContent = "";
      return false;
    }
    const layout = fitted(sheet, W - 2 * SIDE, H - TOP - BOTTOM, dpr);
    this.context.setTransform(dpr, 0, 0, dpr, 0, 0);
    this.context.imageSmoothingEnabled = layout.zoom * dpr < 1;
    this.#paintGroups(sheet, layout, W, H, dpr);
    this.#setCaption(sheet, layout);
    Object.assign(this.report, { zoom: layout.zoom * dpr, shown: layout.shown, theme: theme.dark });
    return false;
  }

  /** @param {Sheet} sheet @param {Layout} layout @param {number} W @param {number} H @param {number} dpr */
  #paintGroups(sheet, { wide, zoom, columns, shown, gw, gh, tag }, W, H, dpr) {
    const rows = Math.ceil(shown / columns);
    const left = SIDE + Math.max(0, (W - 2 * SIDE - columns * gw + GAP) / 2);
    const spare = Math.max(0, H - TOP - BOTTOM - rows * gh + GAP) / 2;
    for (let group = 0; group < shown; group++) {
      const x = left + (group % columns) * gw;
      const y = TOP + spare + Math.floor(group / columns) * gh;
      if (tag) this.#paintTag(group, x, y, tag - 2, sheet.h * zoom);
      for (let i = 0; i < wide; i++) {
        const start = Math.round((x + tag + i * (sheet.w * zoom + 1)) * dpr) / dpr;
        this.#paintPicture(sheet, sheet.at(group, i), start, Math.round(y * dpr) / dpr, zoom);
      }
    }
  }

  /**
   * The color and number of a cluster beside its pictures.
   * @param {number} cluster
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  #paintTag(cluster, x, y, width, height) {
    const { context } = this;
    context.fillStyle = this.clusterColor(cluster);
    context.beginPath();
    context.roundRect(x, y, width, height, 3);
    context.fill();
    context.fillStyle = inkOn(this.clusterColor(cluster));
    context.font = `600 10px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(cluster), x + width / 2, y + height / 2 + 0.5);
  }

  /** @param {Sheet} sheet @param {number} at  first byte @param {number} x @param {number} y @param {number} zoom */
  #paintPicture({ bytes, w, h }, at, x, y, zoom) {
    const tile = this.#tile;
    if (tile.width !== w || tile.height !== h) [tile.width, tile.height] = [w, h];
    const context = contextOf(tile);
    const image = context.createImageData(w, h);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < w * h; i++) pixels[i] = 0xff000000 | (bytes[at + i] * 0x010101);
    context.putImageData(image, 0, 0);
    this.context.drawImage(tile, x, y, w * zoom, h * zoom);
  }

  /** @param {Sheet} sheet @param {Layout} layout */
  #setCaption({ groups, clusters, wide: all }, { shown, wide }) {
    const some = wide < all ? tr("{n} of {all}", { n: wide, all }) : `${wide}`;
    const words = all > 1 ? `${some} ${tr(this.spec.of)}` : tr(this.spec.of);
    const what = this.parts.length ? this.parts.map((part) => tr(part)).join(" → ") : words;
    const whole = clusters ? (this.store.info?.k ?? groups) : groups;
    const text = shown < whole ? `${what} · ${tr("the first {n} of {all}", { n: shown, all: whole })}` : what;
    if (this.caption.textContent !== text) this.caption.textContent = this.caption.title = text;
    this.canvas.setAttribute("aria-label", text);
  }

  destroy() {
    this.#watcher.disconnect();
    super.destroy();
  }
}
