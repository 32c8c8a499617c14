/** Above curves: which colour is which, in at most two lines; and where only one curve is shown, which one. */
import { make } from "../base/dom.js";

const NICE = { acc: "ACC", nmi: "NMI", ari: "ARI", kl: "KL", "gamma kl": "γ KL", changed: "changed labels" };
export const pretty = (name) => NICE[name] ?? name.replaceAll("_", " ");
const ROW = 15; // CSS pixels

const shortened = (text, most) =>
  text.length <= most
    ? text
    : `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(text.length - Math.floor(most / 2))}`;

export class CurveKey {
  constructor(panel) {
    this.panel = panel;
    this.box = make("div", "es-curves", { role: "group", "aria-label": "Curves; click to hide" });
    panel.root.append(this.box);
    if (!panel.spec.single) return;
    this.select = make("select", "es-pick", { "aria-label": "Measure" });
    this.select.onchange = () => panel.store.chooseMeasure(this.select.value);
    panel.head?.box.append(this.select);
  }

  /** One button a curve, unless there is only one; returns the height they take. */
  dress(names) {
    const { panel, box } = this;
    const key = JSON.stringify([names, [...panel.off], panel.root.clientWidth, panel.theme.text]);
    if (key === this.key) return this.height;
    this.key = key;
    const several = names.length > 1;
    box.replaceChildren(...(several ? names : []).map((name, i) => this.#chip(name, i, pretty(name))));
    // more than two lines: as many columns as two lines need, longer names lose their middle (the hover text is whole)
    for (let letters = 24; letters > 3 && box.scrollHeight > 2 * ROW + 4; letters--) {
      [...box.children].forEach((chip, i) => (chip.lastChild.data = shortened(pretty(names[i]), letters)));
    }
    this.height = several ? Math.min(box.scrollHeight, 2 * ROW + 2) : 2;
    panel.root.style.setProperty("--es-tools", `${22 + this.height}px`); // Plotly's own buttons stand below
    return this.height;
  }

  #chip(name, i, text) {
    const { panel } = this;
    const line = make("i");
    line.style.background = panel.color(i);
    const chip = make(
      "button",
      "",
      { type: "button", title: pretty(name), "aria-pressed": String(!panel.off.has(name)) },
      line,
      text,
    );
    chip.onclick = () => {
      panel.off.has(name) ? panel.off.delete(name) : panel.off.add(name);
      panel.redress();
    };
    return chip;
  }

  /** The one curve to show: what was chosen, else the first measure there is. */
  chosen(store) {
    const names = [...new Set(store.epochs.flatMap((entry) => Object.keys(entry.measures)))];
    const key = names.join("|");
    if (this.select && key !== this.options) {
      this.options = key;
      this.select.replaceChildren(
        ...names.map((name) => make("option", "", { value: name, textContent: pretty(name) })),
      );
    }
    const one = names.includes(store.measure) ? store.measure : names[0];
    if (this.select && one && this.select.value !== one) this.select.value = one;
    return one === undefined ? [] : [one];
  }
}
