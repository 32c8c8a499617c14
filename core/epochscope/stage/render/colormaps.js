/** Colour maps as tables of 256 packed pixels (ABGR, as canvas memory has them). */
import { rgba } from "../base/theme.js";

export const VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4989",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725",
];
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
/** Blue to orange through the page's background: safe for all common kinds of colour blindness. */
export const diverging = (middle) => ["#0b3d75", "#2f79bd", "#8fbbe0", middle, "#f3b37a", "#d2701f", "#7d3305"];

/** A Plotly colour scale from a list of colours. */
export const scaleOf = (colors) => colors.map((color, i) => [i / (colors.length - 1), color]);

/** 256 pixels along a list of [position, colour] or plain colours. */
export function table(colors) {
  const stops = Array.isArray(colors[0]) ? colors : scaleOf(colors);
  const result = new Uint32Array(256);
  let s = 0;
  for (let i = 0; i < 256; i++) {
    const t = i / 255;
    while (s < stops.length - 2 && t > stops[s + 1][0]) s++;
    const [t0, c0] = stops[s];
    const [t1, c1] = stops[s + 1];
    const f = Math.min(1, Math.max(0, (t - t0) / (t1 - t0 || 1)));
    const [a, b] = [rgba(c0), rgba(c1)];
    const mix = (channel) => Math.round(a[channel] + (b[channel] - a[channel]) * f);
    result[i] = (0xff000000 | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0;
  }
  return result;
}

export const packed = (color) => {
  const [r, g, b] = rgba(color);
  return ((b << 16) | (g << 8) | r) >>> 0;
};
