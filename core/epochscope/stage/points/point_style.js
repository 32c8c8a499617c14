/** The colours of the points, and which of them are hidden, behind, or stand out. */
import { GREY, groupsOf, valuesOf } from "../data/color_modes.js";
import { CIVIDIS, packed, table } from "../render/colormaps.js";

/** Colour and opacity, and layer of each point: 0 hidden, 1 behind (not selected), 2 normal, 3 changed its cluster. */
export function pots(panel) {
  const { store, mode, shown } = panel;
  const n = shown.to.length >> 1;
  const tint = new Uint32Array(n);
  const layer = new Uint8Array(n);
  const groups = groupsOf(mode, store, shown.entry);
  const tones = panel.groups.map((_, i) => packed(panel.tone(i)));
  const grey = packed(GREY);
  const map = panel.continuous ? table(CIVIDIS) : null;
  const values = map && valuesOf(mode, store, shown.entry);
  const hidden = map ? new Set() : store.hidden[mode];
  const last = mode === "class" || mode === "mistakes" ? null : store.before(shown.frame.epoch)?.labels;
  const now = shown.entry?.labels;
  const mask = store.selection?.mask;
  for (let i = 0; i < n; i++) {
    const group = groups?.[i];
    const known = group !== undefined && group !== null && group >= 0;
    let color = known ? tones[group % tones.length] : grey;
    if (map) color = values ? map[values[i]] & 0xffffff : grey;
    if (!map && known && hidden.has(group)) continue;
    const behind = mask && !mask[i];
    tint[i] = (color | ((behind ? 46 : 226) << 24)) >>> 0;
    layer[i] = behind ? 1 : (mode === "mistakes" && group === 1) || (last && now && last[i] !== now[i]) ? 3 : 2;
  }
  return { tint, layer };
}

/** Points as circles, those of one colour and layer together; positions in CSS pixels. */
export function circles({ xy, tint, layer, left, top, dpr, sizes, within: [W, H] }) {
  const groups = new Map();
  for (let i = 0; i < tint.length; i++) {
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (!layer[i] || !(x >= 0 && y >= 0 && x <= W && y <= H)) continue;
    const key = layer[i] * 2 ** 32 + tint[i];
    const circle = `<circle cx="${(left + x / dpr).toFixed(2)}" cy="${(top + y / dpr).toFixed(2)}" r="${sizes[layer[i]]}"/>`;
    groups.has(key) ? groups.get(key).push(circle) : groups.set(key, [circle]);
  }
  return [...groups]
    .sort(([a], [b]) => Math.floor(a / 2 ** 32) - Math.floor(b / 2 ** 32))
    .map(([key, some]) => {
      const c = key % 2 ** 32;
      return `<g fill="rgb(${c & 255},${(c >>> 8) & 255},${(c >>> 16) & 255})" fill-opacity="${((c >>> 24) / 255).toFixed(2)}">${some.join("")}</g>`;
    })
    .join("");
}
