/** The color scale of a figure as Python made it. */

/** @typedef {[position: number, color: string][]} Stops */

/**
 * The stops of the scale of a heat map; white in it becomes another color, as a page may be dark.
 * @param {any} figure
 * @param {string} white
 * @returns {Stops}
 */
export function colorScale(figure, white) {
  /** @type {Stops | undefined} */
  const stops = figure?.data?.[0]?.colorscale;
  if (!Array.isArray(stops)) throw new Error("The figure of a heat map has no color scale.");
  return stops.map(([position, color]) => [position, color === "#ffffff" ? white : color]);
}
