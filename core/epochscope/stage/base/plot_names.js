/** What Plotly's part of a panel is called. */
import { tr } from "../data/language.js";
import { setAttributes } from "./dom.js";

/** The title of a figure that Python made whole, without markup. @param {any} figure */
export const titleOf = (figure) => String(figure?.layout?.title?.text ?? "").replace(/<[^>]*>/g, " ");

/** Has the words of the panel speak for the drawing, whose text is ticks in no order; names the tools. @param {HTMLElement} gd */
export function nameParts(gd) {
  for (const drawing of gd.querySelectorAll(".main-svg")) setAttributes(drawing, { "aria-hidden": true });
  const bar = gd.querySelector(".modebar");
  if (bar) setAttributes(bar, { role: "toolbar", "aria-label": tr("Tools of the figure") });
}
