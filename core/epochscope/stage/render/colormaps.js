/** Color maps as tables of 256 packed pixels (ABGR, as canvas memory has them). */
import { rgba } from "./color.js";

/** @typedef {string[] | [position: number, color: string][]} ColorScale  evenly spaced colors, or stops from 0 to 1 */

/** For numbers of points: safe for all common kinds of color blindness. */
export const CIVIDIS = [
  "#00224e",
  "#123570",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8678",
  "#a59c74",
  "#c3b369",
  "#e1cc55",
  "#fee838",
];

/**
 * The stops of a color scale, as Plotly takes them.
 * @param {ColorScale} colors
 * @returns {[position: number, color: string][]}
 */
export const stopsOf = (colors) =>
  colors.map((stop, i) => (typeof stop === "string" ? [i / (colors.length - 1), stop] : stop));

/** 256 pixels along a color scale. @param {ColorScale} colors */
export function table(colors) {
  const stops = stopsOf(colors);
  const result = new Uint32Array(256);
  let s = 0;
  for (let i = 0; i < 256; i++) {
    const t = i / 255;
    while (s < stops.length - 2 && t > stops[s + 1][0]) s++;
    const [t0, c0] = stops[s];
    const [t1, c1] = stops[s + 1];
    const f = Math.min(1, Math.max(0, (t - t0) / (t1 - t0 || 1)));
    const [a, b] = [rgba(c0), rgba(c1)];
    /** @param {0 | 1 | 2} channel */
    const mix = (channel) => Math.round(a[channel] + (b[channel] - a[channel]) * f);
    result[i] = (0xff000000 | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0;
  }
  return result;
}
