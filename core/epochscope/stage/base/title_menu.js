/** The title of a panel, which opens a menu of all figures that could stand here. */
import { make } from "./dom.js";

export class Head {
  constructor(panel) {
    this.select = make("select", "es-title", { "aria-label": "Figure shown here", title: "Choose what is shown here" });
    this.select.onchange = () => panel.setTriggerValue?.("figure", this.select.value);
    this.box = make("div", "es-head", {}, this.select);
    panel.root.append(this.box);
    this.update(panel.data);
  }

  update({ choices = [], chosen }) {
    const key = JSON.stringify([choices, chosen]);
    if (key === this.key) return;
    this.key = key;
    this.select.replaceChildren(...choices.map(([value, text]) => make("option", "", { value, textContent: text })));
    this.select.value = chosen;
  }
}
