/** Wheel, drag, double click and keys that choose which rows the heat maps of a run show. */
import { tr } from "../data/language.js";
import { ALL, moved, shownPart, showPart, zoomed } from "./row_range.js";

/** @import { HeatMapPanel } from "./heat_map.js" */

const STEP = 1.5; // of a key that zooms

/** @param {HeatMapPanel} panel */
export function listenForRows(panel) {
  const { gd, store } = panel;
  /** @param {number} factor @param {number} at */
  const zoom = (factor, at) => {
    const before = shownPart(store);
    const after = zoomed(before, factor, at, panel.rowCount);
    if (after.from === before.from && after.to === before.to) return false;
    panel.tooltip.hide(); // another row lies there now
    showPart(store, after);
    return true;
  };
  gd.addEventListener(
    "wheel",
    (event) => {
      const at = panel.pointer(event);
      const height = panel.plotHeight;
      // where nothing can be zoomed the page scrolls
      if (at && height && zoom(1.0015 ** event.deltaY, at.py / height)) event.preventDefault();
    },
    { passive: false },
  );
  gd.addEventListener("dblclick", (event) => {
    if (panel.pointer(event)) showPart(store, ALL);
  });
  listenForDrags(panel);
  gd.tabIndex = 0;
  gd.setAttribute("aria-label", tr("Rows: plus and minus zoom, arrow up and down move, Escape shows all"));
  gd.addEventListener("keydown", (event) => {
    if (event.target !== gd || event.ctrlKey || event.altKey || event.metaKey) return;
    const shift = { ArrowUp: -0.25, ArrowDown: 0.25 }[event.key];
    if (event.key === "+" || event.key === "=") zoom(1 / STEP, 0.5);
    else if (event.key === "-") zoom(STEP, 0.5);
    else if (event.key === "Escape") showPart(store, ALL);
    else if (shift) showPart(store, moved(shownPart(store), shift));
    else return;
    event.preventDefault(); // these keys have another meaning on the page
  });
}

/** @param {HeatMapPanel} panel */
function listenForDrags(panel) {
  const { gd, store } = panel;
  /** @type {{y: number, part: import("./row_range.js").Part, id: number} | null} */
  let held = null;
  gd.addEventListener("pointerdown", (event) => {
    const at = event.button === 0 ? panel.pointer(event) : null;
    if (at && shownPart(store) !== ALL) held = { y: at.y, part: shownPart(store), id: event.pointerId };
  });
  gd.addEventListener("pointermove", (event) => {
    const at = held && panel.pointer(event);
    const height = panel.plotHeight;
    if (!held || !at || !height || !(event.buttons & 1)) return;
    showPart(store, moved(held.part, (held.y - at.y) / height));
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "pointerleave"]))
    gd.addEventListener(end, () => {
      held = null;
    });
}
