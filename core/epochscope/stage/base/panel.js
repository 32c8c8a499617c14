/** What all panels have in common: a root, the store, the theme, one repaint per screen frame, a place for messages. */

import { addStyle, make } from "./dom.js";
import { inkOn, themeOf } from "./theme.js";
import { Head } from "./title_menu.js";

/** For tests and for the curious: what each panel has painted. */
export const painted = {};
let serial = 0;

export class Panel {
  /** @param {HTMLElement} host  element to live in
   *  @param {object} data  what Python sent
   *  @param {{store: object, key: string, setStateValue: Function, setTriggerValue: Function}} context */
  constructor(host, data, context) {
    Object.assign(this, context, { data, host });
    this.spec = data.panel ?? {};
    this.name = context.key ?? `panel${++serial}`;
    this.report = painted[this.name] = { kind: this.spec.kind, epoch: null, frames: 0, n: 0, tweening: false };
    addStyle(host);
    this.root = make("div", "es");
    this.root.dataset.kind = this.spec.kind;
    this.linkNote = make("div", "es-link", { role: "status" });
    this.root.append(this.linkNote);
    host.append(this.root);
    this.retheme();
    if (data.choices) this.head = new Head(this);
    this.leave = this.store?.join((what) => this.hear(what), this.projection);
    this.schedule(); // a store that others use already may have no news for long
  }

  /** Which frames the panel needs; null for none. */
  get projection() {
    return null;
  }

  /** How many pixels of the screen a pixel of the panel is drawn with: it may be shown enlarged. */
  get sharpness() {
    return Math.min(2, window.devicePixelRatio || 1) * this.scale;
  }

  retheme() {
    const scale = this.root.offsetWidth ? this.root.getBoundingClientRect().width / this.root.offsetWidth : 1;
    this.scale = Math.abs(scale - 1) < 0.05 ? 1 : scale; // widths are rounded, and layouts move a little: no scale meant
    this.theme = themeOf(this.host, this.data.palette);
    const { theme, root } = this;
    const set = (name, value) => root.style.setProperty(`--es-${name}`, value);
    set("text", theme.text);
    set("faint", theme.faint);
    set("bg", theme.background);
    set("soft", theme.secondary);
    set("border", theme.border);
    set("primary", theme.primary);
    set("on-primary", inkOn(theme.primary));
    set("font", theme.font);
    root.toggleAttribute("data-dark", theme.dark);
  }

  /** New data from Python. */
  update(data) {
    this.data = data;
    this.spec = data.panel ?? {};
    this.retheme();
    this.head?.update(data);
    this.hear("update");
  }

  hear(what) {
    if (what === "note" || what === "update") this.say();
    this.changed(what);
    this.schedule();
  }

  say() {
    const { text, kind } = this.store?.message ?? {};
    if (this.linkNote.textContent !== (text ?? "")) this.linkNote.textContent = text ?? "";
    this.linkNote.dataset.kind = kind ?? "";
  }

  /** For panels that prepare something when the store changes. */
  changed() {}

  schedule() {
    if (this.pending || this.gone) return;
    this.pending = requestAnimationFrame((now) => {
      this.pending = 0;
      if (this.gone) return;
      try {
        const began = performance.now();
        const more = this.paint(now);
        this.report.ms = performance.now() - began;
        this.report.frames++;
        this.report.tweening = Boolean(more);
        if (more) this.schedule();
      } catch (error) {
        console.error("epochscope panel:", error);
      }
    });
  }

  /** Paints; returns true if there is something still moving. */
  paint() {}

  color(i) {
    return this.theme.palette[
      ((i % this.theme.palette.length) + this.theme.palette.length) % this.theme.palette.length
    ];
  }

  destroy() {
    this.gone = true;
    cancelAnimationFrame(this.pending);
    this.leave?.();
    this.root.remove();
    if (painted[this.name] === this.report) delete painted[this.name];
  }
}

/** 5,000 rather than 5000. */
export const count = (n) => Number(n).toLocaleString("en-US");
/** A share as a percentage with one digit. */
export const percent = (x, digits = 1) => (Number.isFinite(x) ? `${(100 * x).toFixed(digits)}%` : "–");
