/** Pictures that a decoder painted, scaled by whole pixels: centres, samples, reconstructions. */

import { length, make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { inkOn } from "../base/theme.js";

const GAP = 5; // CSS pixels between groups of tiles
const TAG = 15; // for the number of a cluster
const MOST_ZOOM = 8;
const READABLE = 16; // CSS pixels of a tile
const FEW = 3; // samples of a cluster, at least

export class PicturesPanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    this.root.style.height = length(data.height ?? 240);
    this.canvas = make("canvas", "es-canvas", { role: "img" });
    this.caption = make("div", "es-caption");
    this.noteBox = make("div", "es-note");
    this.root.append(this.canvas, this.noteBox, make("div", "es-foot", {}, this.caption));
    this.context = this.canvas.getContext("2d");
    this.watcher = new ResizeObserver(() => this.schedule());
    this.watcher.observe(this.root);
    this.tile = document.createElement("canvas");
  }

  update(data) {
    this.root.style.height = length(data.height ?? 240);
    super.update(data);
  }

  /** The pictures in groups: {groups, wide: tiles side by side in a group, at(group, i): first byte, clusters}. */
  #read(entry) {
    const { info } = this.store;
    const bytes = entry?.[this.spec.value];
    const sprite = info?.sprite;
    if (!bytes || !sprite) return null;
    const [w, h] = [sprite.tile_width, sprite.tile_height];
    const all = Math.floor(bytes.length / (w * h));
    const parts = this.spec.parts?.length;
    if (parts) {
      const groups = all / parts; // all firsts, all seconds, ...
      return { bytes, w, h, groups, wide: parts, at: (group, i) => (i * groups + group) * w * h, clusters: false };
    }
    const groups = Math.min(info.k, 100, all);
    const wide = Math.max(1, Math.floor(all / groups));
    return { bytes, w, h, groups, wide, at: (group, i) => (group * wide + i) * w * h, clusters: true };
  }

  /** The largest whole zoom at which all groups fit, and how many columns that makes. Of samples, rather fewer than tiny. */
  #fit(pictures, width, height, dpr) {
    let best = null;
    for (let wide = pictures.wide; wide >= (pictures.clusters ? Math.min(FEW, pictures.wide) : pictures.wide); wide--) {
      const fit = this.#zoomed(pictures, wide, width, height, dpr);
      if (!best || (fit.zoom > best.zoom && best.zoom * pictures.h < READABLE)) best = fit;
    }
    return best;
  }

  #zoomed({ w, h, groups, clusters }, wide, width, height, dpr) {
    const tag = clusters ? TAG : 0;
    const sizes = [];
    for (let zoom = MOST_ZOOM * dpr; zoom >= 1; zoom--) sizes.push(zoom / dpr);
    sizes.push(1 / (2 * dpr), 1 / (3 * dpr)); // large pictures: every second or third pixel
    for (const zoom of sizes) {
      const [gw, gh] = [tag + wide * (w * zoom + 1) + GAP, h * zoom + GAP];
      const columns = Math.min(groups, Math.floor((width + GAP) / gw));
      const rows = Math.floor((height + GAP) / gh);
      if (columns >= 1 && columns * rows >= groups)
        return { wide, zoom, columns: Math.ceil(groups / Math.ceil(groups / columns)), shown: groups, gw, gh, tag };
    }
    const zoom = w * wide > width * dpr ? 1 / (3 * dpr) : 1 / dpr; // not all of them fit
    const [gw, gh] = [tag + wide * (w * zoom + 1) + GAP, h * zoom + GAP];
    const columns = Math.max(1, Math.floor((width + GAP) / gw));
    return {
      wide,
      zoom,
      columns,
      shown: Math.min(groups, columns * Math.max(1, Math.floor((height + GAP) / gh))),
      gw,
      gh,
      tag,
    };
  }

  paint() {
    const { store, root, theme } = this;
    const [W, H] = [root.clientWidth, root.clientHeight];
    if (!W || !H) return false;
    const dpr = this.sharpness;
    const entry = store.current;
    const pictures = this.#read(entry);
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: pictures ? pictures.groups * pictures.wide : 0 });
    [this.canvas.width, this.canvas.height] = [Math.round(W * dpr), Math.round(H * dpr)];
    Object.assign(this.canvas.style, { width: `${W}px`, height: `${H}px` });
    const note =
      pictures || store.message.text
        ? ""
        : entry
          ? `No pictures in this phase${entry.phase ? ` (${entry.phase})` : ""}.`
          : "Waiting for the first epoch ...";
    if (this.noteBox.textContent !== note) this.noteBox.textContent = note;
    if (!pictures) {
      this.caption.textContent = "";
      return false;
    }
    const [top, bottom] = [28, 38];
    const fit = this.#fit(pictures, W - 12, H - top - bottom, dpr);
    const { context } = this;
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.imageSmoothingEnabled = fit.zoom * dpr < 1;
    const rows = Math.ceil(fit.shown / fit.columns);
    const left = 6 + Math.max(0, (W - 12 - fit.columns * fit.gw + GAP) / 2);
    const spare = Math.max(0, H - top - bottom - rows * fit.gh + GAP) / 2;
    for (let group = 0; group < fit.shown; group++) {
      const x = left + (group % fit.columns) * fit.gw;
      const y = top + spare + Math.floor(group / fit.columns) * fit.gh;
      if (pictures.clusters) this.#tag(group, x, y, pictures.h * fit.zoom);
      for (let i = 0; i < fit.wide; i++)
        this.#one(
          pictures,
          pictures.at(group, i),
          Math.round((x + fit.tag + i * (pictures.w * fit.zoom + 1)) * dpr) / dpr,
          Math.round(y * dpr) / dpr,
          fit.zoom,
        );
    }
    this.#words(pictures, fit);
    Object.assign(this.report, { zoom: fit.zoom * dpr, shown: fit.shown, theme: theme.dark });
    return false;
  }

  /** The colour and number of a cluster beside its pictures. */
  #tag(cluster, x, y, height) {
    const { context } = this;
    context.fillStyle = this.color(cluster);
    context.beginPath();
    context.roundRect(x, y, TAG - 2, height, 3);
    context.fill();
    context.fillStyle = inkOn(this.color(cluster));
    context.font = `600 10px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(cluster), x + (TAG - 2) / 2, y + height / 2 + 0.5);
  }

  #one({ bytes, w, h }, at, x, y, zoom) {
    const { tile } = this;
    if (tile.width !== w || tile.height !== h) [tile.width, tile.height] = [w, h];
    const paper = tile.getContext("2d");
    const image = (this.image ??= paper.createImageData(w, h));
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < w * h; i++) pixels[i] = 0xff000000 | (bytes[at + i] * 0x010101);
    paper.putImageData(image, 0, 0);
    this.context.drawImage(tile, x, y, w * zoom, h * zoom);
  }

  #words({ groups, clusters, wide: all }, { shown, wide }) {
    const k = this.store.info?.k ?? groups;
    const parts = this.spec.parts?.length
      ? this.spec.parts.join(" → ")
      : all > 1
        ? `${wide}${wide < all ? ` of ${all}` : ""} samples of each cluster`
        : "decoded center of each cluster";
    const whole = clusters ? k : groups;
    const text = shown < whole ? `${parts} · the first ${shown} of ${whole}` : parts;
    if (this.caption.textContent !== text) this.caption.textContent = this.caption.title = text;
    this.canvas.setAttribute("aria-label", text);
  }

  destroy() {
    this.watcher.disconnect();
    super.destroy();
  }
}
