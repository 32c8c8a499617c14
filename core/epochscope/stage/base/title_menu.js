/** The title of a panel, which opens a menu of all figures that could stand here. */
import { tr } from "../data/language.js";
import { make } from "./dom.js";

/** @import { PanelData } from "./panel.js" */

export class TitleMenu {
  #shown = "";

  /**
   * @param {HTMLElement} root  of the panel
   * @param {(figure: string) => void} choose
   */
  constructor(root, choose) {
    this.select = make("select", "es-title", { "aria-label": tr("Figure shown here") });
    this.select.onchange = () => choose(this.select.value);
    this.box = make("div", "es-head", {}, this.select);
    root.append(this.box);
  }

  /** What is chosen, in words. */
  get title() {
    return this.select.selectedOptions[0]?.textContent ?? "";
  }

  /** @param {PanelData} data */
  update({ choices = [], chosen = "", about = "" }) {
    this.select.title = `${about} ${tr("Another figure can be chosen here.")}`.trim();
    const key = JSON.stringify([choices, chosen]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.select.replaceChildren(...choices.map(([value, text]) => make("option", "", { value, textContent: text })));
    this.select.value = chosen;
  }
}
