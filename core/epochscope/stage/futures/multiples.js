/** All members of futures side by side, moving together: one small picture of the codes for each; a click opens one. */
import { contextOf, length, make, setText } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { phaseName, tr } from "../data/language.js";

/** @import { FuturesEpoch, FuturesStore } from "./futures_store.js" */

const GAP = 6; // CSS pixels between two pictures
const CAPTION = 18; // CSS pixels of the line below one
const DOT = 2.2; // CSS pixels
const WORDS = 112; // CSS pixels of a picture with room for "seed 12 · ACC 0.84"; below narrower ones "ACC" is left out

/** What tells a member from the others, in the language of the page; stored is the English one. @param {string} label */
const wordsOf = (label) =>
  label.replace(/(^|, )seed (\d+)$/, (_, before, seed) => before + tr("seed {seed}", { seed }));

/**
 * How many columns give the largest square pictures.
 * @param {number} count @param {number} width @param {number} height
 */
export function columnsFor(count, width, height) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min((width - GAP * (columns - 1)) / columns, (height - GAP * (rows - 1)) / rows - CAPTION);
    if (side > best.side) best = { side, columns };
  }
  return { side: Math.max(24, Math.floor(best.side)), columns: best.columns };
}

/** @extends {Panel<FuturesStore>} */
export class MultiplesPanel extends Panel {
  list = make("div", "es-multiples", { role: "group", "aria-label": tr("Members") });
  colors = make("select", "", { "aria-label": tr("Colors") });
  heading = make(
    "div",
    "es-multiples-head",
    {},
    make("b", "", { textContent: tr("Futures") }),
    make("span"),
    this.colors,
  );
  /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement, caption: HTMLElement}[]} */
  tiles = [];
  /** @type {(Float32Array | null)[]}  where the points of each member are drawn now */
  #drawn = [];
  /** @type {(Float32Array | null)[]}  where they come from */
  #from = [];
  /** @type {FuturesEpoch | null} */
  #shown = null;
  #began = 0;
  #size = new ResizeObserver(() => this.schedule());

  start() {
    for (const [value, textContent] of [
      ["class", tr("colored by class")],
      ["cluster", tr("colored by cluster")],
    ])
      this.colors.append(make("option", "", { value, textContent }));
    this.colors.addEventListener("change", () => this.store.colorBy(this.colors.value));
    this.root.append(this.heading, this.list);
    this.root.style.height = length(this.data.height ?? 360);
    this.#size.observe(this.root);
    super.start();
  }

  destroy() {
    this.#size.disconnect();
    super.destroy();
  }

  /** @param {string} event */
  changed(event) {
    const { about, current } = this.store;
    if (about && this.tiles.length !== about.members.length) this.#build();
    if (current !== this.#shown) {
      this.#from = this.#drawn.map((one) => one?.slice() ?? null);
      this.#began = performance.now();
      this.#shown = current;
    }
    if (event === "view" || event === "info") this.colors.value = this.store.colored;
  }

  #build() {
    const { about } = this.store;
    const opens = this.spec.opens !== false; // a file opens no run
    this.tiles = (about?.members ?? []).map(({ label: stored }, i) => {
      const label = wordsOf(stored);
      const canvas = make("canvas");
      const caption = make("span", "", { textContent: label });
      const button = make(
        "button",
        "",
        opens
          ? { type: "button", title: tr("Open {label}", { label }), "aria-label": tr("Open {label}", { label }) }
          : { type: "button", "aria-label": label, "aria-disabled": "true" },
        canvas,
        caption,
      );
      button.addEventListener("click", () => this.setTriggerValue?.("pick", { member: i }));
      button.addEventListener("pointerenter", () => this.store.hover(i));
      button.addEventListener("focus", () => this.store.hover(i));
      button.addEventListener("pointerleave", () => this.store.hover(null));
      return { button, canvas, caption };
    });
    this.#drawn = this.tiles.map(() => null);
    this.#from = this.tiles.map(() => null);
    this.list.replaceChildren(...this.tiles.map(({ button }) => button));
    this.colors.hidden = !about?.truth?.some((one) => one >= 0);
    this.colors.value = this.store.colored;
  }

  /** @param {number} now */
  paint(now) {
    const { about, cursor, current } = this.store;
    if (!about?.m || !this.tiles.length) return false;
    const height = this.root.clientHeight - this.heading.offsetHeight - 4;
    const { side, columns } = columnsFor(this.tiles.length, this.root.clientWidth, Math.max(120, height));
    this.list.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    const part = this.theme.still ? 1 : Math.min(1, (now - this.#began) / Math.min(400, cursor.gap));
    const ease = part * (2 - part);
    for (const [member, tile] of this.tiles.entries()) this.#draw(member, tile, side, ease);
    const { epoch = null, phase = "" } = current ?? {};
    const shown = { n: this.tiles.length, epoch, phase: phaseName(phase) };
    const parts = epoch === null ? [] : [tr("{n} members, epoch {epoch}, {phase}", shown)];
    if (side < WORDS && current?.scores.acc) parts.push(tr("numbers: ACC"));
    setText(this.heading.children[1], parts.join(" · "));
    Object.assign(this.report, { epoch, n: this.tiles.length, side, columns });
    return part < 1;
  }

  /**
   * @param {number} member
   * @param {{button: HTMLButtonElement, canvas: HTMLCanvasElement, caption: HTMLElement}} tile
   * @param {number} side  CSS pixels
   * @param {number} ease  0 to 1: how far the points have come
   */
  #draw(member, { button, canvas, caption }, side, ease) {
    const { about, hovered } = this.store;
    const found = this.store.rowOf(member);
    const pixels = Math.round(side * this.sharpness);
    if (canvas.width !== pixels) Object.assign(canvas, { width: pixels, height: pixels });
    Object.assign(canvas.style, { width: `${side}px`, height: `${side}px` });
    const context = contextOf(canvas);
    context.clearRect(0, 0, pixels, pixels);
    button.dataset.marked = hovered === member ? "1" : "0";
    button.dataset.ended = found?.ended ? "1" : "0";
    this.#caption(member, caption, found, side);
    const label = caption.textContent;
    const name = button.title ? tr("Open {label}", { label }) : label; // all that is seen is said
    if (button.ariaLabel !== name) button.ariaLabel = name;
    if (!found || !about?.m) return;
    const { epoch, row } = found;
    const to = epoch.places.subarray(row * about.m * 2, (row + 1) * about.m * 2);
    const labels = epoch.labels?.subarray(row * about.m, (row + 1) * about.m);
    const from = this.#from[member];
    const drawn = this.#drawn[member] ?? new Float32Array(to.length);
    for (let i = 0; i < to.length; i++) drawn[i] = from ? from[i] + (to[i] - from[i]) * ease : to[i];
    this.#drawn[member] = drawn;
    const dot = Math.max(1, Math.min(DOT, side / 45)) * this.sharpness;
    const half = pixels / 2 - dot;
    for (let i = 0; i < about.m; i++) {
      const group = this.store.colored === "class" ? (about.truth?.[i] ?? -1) : (labels?.[i] ?? -1);
      context.fillStyle = group < 0 ? this.theme.faint : this.color(group);
      const x = pixels / 2 + (drawn[2 * i] / 32767) * half;
      const y = pixels / 2 - (drawn[2 * i + 1] / 32767) * half;
      context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
    }
  }

  /**
   * @param {number} member
   * @param {HTMLElement} caption
   * @param {{epoch: FuturesEpoch, row: number, ended: boolean} | null} found
   * @param {number} side  CSS pixels
   */
  #caption(member, caption, found, side) {
    const label = wordsOf(this.store.about?.members[member].label ?? "");
    const acc = found?.epoch.scores.acc?.[found.row];
    const score = acc == null ? "" : (side < WORDS ? "" : "ACC ") + acc.toFixed(2);
    const parts = [label, score, found?.ended && this.store.live ? tr("ended") : ""];
    setText(caption, parts.filter(Boolean).join(side < WORDS ? ": " : " · "));
  }
}
