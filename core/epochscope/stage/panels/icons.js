/** Icons of buttons, drawn in a square of 16. */

/** Filled shapes, and one of lines. */
const PATHS = {
  play: "M3 1.6v12.8c0 .7.8 1.1 1.4.7l9.6-6.4a.85.85 0 0 0 0-1.4L4.4.9C3.8.5 3 .9 3 1.6z",
  reverse: "M13 1.6v12.8c0 .7-.8 1.1-1.4.7L2 8.7a.85.85 0 0 1 0-1.4L11.6.9c.6-.4 1.4 0 1.4.7z",
  pause: "M3 1.5h3.6v13H3zM9.4 1.5H13v13H9.4z",
  back: "M12.5 2v12L5.2 8zM3 2h1.9v12H3z",
  film: "M1 3.5C1 2.7 1.7 2 2.5 2h7c.8 0 1.5.7 1.5 1.5v9c0 .8-.7 1.5-1.5 1.5h-7C1.7 14 1 13.3 1 12.5zM12 7l3-2.4v6.8L12 9z",
  next: "M3.5 2v12l7.3-6zM11.1 2H13v12h-1.9z",
  corners: "M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4",
};
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name */
export function drawnIcon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  if (name === "corners") {
    for (const [key, value] of Object.entries({ width: "14", height: "14", fill: "none", stroke: "currentColor" }))
      svg.setAttribute(key, value);
    svg.setAttribute("stroke-width", "2");
  }
  svg.append(path);
  return svg;
}
