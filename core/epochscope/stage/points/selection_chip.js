/** How many points are selected, with a button that clears the selection. */

import { make } from "../base/dom.js";
import { tr } from "../data/language.js";

/** @import { PointsPanel } from "./points_panel.js" */

/** @param {PointsPanel} panel @param {HTMLElement} words  where the number stands */
export function selectionChip(panel, words) {
  const label = tr("Clear the selection");
  const clear = make("button", "", { type: "button", textContent: "×", title: label, "aria-label": label });
  clear.onclick = () => {
    panel.store.select(null);
    panel.setTriggerValue?.("select", { count: 0, bits: "" });
  };
  const chip = make("div", "es-chip", { hidden: true }, words, clear);
  panel.root.append(chip);
  return chip;
}
