/** The neighbours of the picked point: their pictures with weight and JS divergence, and lines to them. */
import { make } from "../base/dom.js";
import { alpha } from "../base/theme.js";
import { spriteStyle } from "../base/tooltip.js";

const SIDE = 34; // CSS pixels of a picture
const WAIT = 100; // ms the cursor must rest before the server is asked

export class Near {
  constructor(panel) {
    this.panel = panel;
    this.known = null; // {epoch, point, neighbors}
    this.title = make("span");
    const close = make("button", "", {
      type: "button",
      textContent: "×",
      title: "Let the point go",
      "aria-label": "Let the point go",
    });
    close.onclick = () => panel.store.pick(null);
    this.list = make("div", "es-near-list");
    this.box = make("div", "es-near", { hidden: true }, make("div", "es-near-head", {}, this.title, close), this.list);
    panel.root.append(this.box);
  }

  /** Asks for what the panel shows now, if that is something else than before. */
  refresh() {
    const { store, shown } = this.panel;
    const point = store.info?.provides?.includes("neighbors") ? store.picked : null;
    const epoch = shown?.frame.epoch ?? null;
    const key = point === null || epoch === null ? null : `${epoch}|${point}`;
    if (key === this.key) return;
    this.key = key;
    clearTimeout(this.later);
    if (key === null) {
      this.known = null;
      this.box.hidden = true;
      return;
    }
    if (this.known?.point !== point) this.known = null;
    this.later = setTimeout(() => this.#ask(key, epoch, point), WAIT);
  }

  async #ask(key, epoch, point) {
    const { store } = this.panel;
    try {
      const response = await fetch(store.url(`neighbors?epoch=${epoch}&point=${point}`));
      if (!response.ok || key !== this.key || this.panel.gone) return;
      this.known = await response.json();
      if (key !== this.key) return;
      this.#dress();
      this.panel.schedule();
    } catch {
      this.key = undefined; // the server is away: ask again when something changes
    }
  }

  #dress() {
    const { panel, known } = this;
    const { store, shown } = panel;
    this.box.hidden = !known.neighbors.length;
    const index = store.info?.index?.[known.point] ?? known.point;
    const away = known.neighbors.filter(([place]) => place === null).length;
    this.title.textContent =
      `neighbors of point ${index}: weight w, JS divergence` + (away ? `; ${away} more are not drawn` : "");
    const truth = store.info?.truth;
    const groups = panel.mode === "class" ? truth : shown?.entry?.labels;
    const own = groups?.[known.point];
    this.list.replaceChildren(
      ...known.neighbors
        .filter(([place]) => place !== null)
        .map(([place, weight, js]) => {
          const group = groups?.[place];
          const tile = make("i", "", { title: `point ${store.info?.index?.[place] ?? place}` });
          if (store.info?.sprite) Object.assign(tile.style, spriteStyle(store, place, SIDE));
          else
            Object.assign(tile.style, {
              width: "22px",
              height: "22px",
              background: panel.color(group ?? 0),
              borderRadius: "50%",
            });
          const item = make(
            "button",
            "",
            { type: "button" },
            tile,
            make("b", "", {}, weight === null ? "" : weight.toFixed(3)),
            make("span", "", {}, js === null ? "" : js.toFixed(3)),
          );
          item.dataset.agrees = group === own ? "1" : "0";
          item.onclick = () => store.pick(place);
          item.onpointerenter = () => store.hover(place);
          item.onpointerleave = () => store.hover(null);
          return item;
        }),
    );
    panel.report.near = known.neighbors.length;
  }

  /** Lines from the picked point to all of its neighbours that are drawn. */
  draw(context, spot, scratch) {
    const { known, panel } = this;
    const { layer, theme } = panel;
    if (!known || known.point >= layer.length) return;
    const at = (i) => [spot.left + scratch[2 * i] / spot.dpr, spot.top + scratch[2 * i + 1] / spot.dpr];
    const most = Math.max(...known.neighbors.map(([, weight]) => weight ?? 1), 1e-12);
    for (const [place, weight] of known.neighbors) {
      if (place === null || place >= layer.length || !layer[place]) continue;
      context.beginPath();
      context.moveTo(...at(known.point));
      context.lineTo(...at(place));
      context.lineWidth = 1 + 2.5 * ((weight ?? most) / most);
      context.strokeStyle = alpha(theme.background, 0.8);
      context.stroke();
      context.lineWidth -= 0.6;
      context.strokeStyle = alpha(theme.primary, 0.35 + 0.65 * ((weight ?? most) / most));
      context.stroke();
    }
  }

  destroy() {
    clearTimeout(this.later);
  }
}
