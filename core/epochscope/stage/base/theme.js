/** Colors and fonts: read from Streamlit's CSS variables, handed to canvases and to Plotly. */
import { alpha, inkOn, luma, readable, rgba } from "../render/color.js";

/** The theme as it is on an element now. @param {HTMLElement} element @param {string[]} palette  of the groups */
export function themeOf(element, palette) {
  if (!palette?.length) throw new Error("A panel needs the palette of the groups.");
  const style = getComputedStyle(element);
  /** @param {string} name @param {string} other */
  const read = (name, other) => style.getPropertyValue(name).trim() || other;
  const background = read("--st-background-color", backgroundBehind(element));
  const dark = luma(rgba(background)) < 128;
  const text = read("--st-text-color", dark ? "#f2f3f5" : "#22262e");
  return {
    dark,
    background,
    text,
    faint: alpha(text, 0.74),
    line: alpha(text, 0.13),
    secondary: read("--st-secondary-background-color", dark ? "#22262e" : "#f3f5f8"),
    border: read("--st-border-color", alpha(text, 0.18)),
    primary: read("--st-primary-color", dark ? "#6ea8fe" : "#2563c9"),
    font: read("--st-font", "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"),
    palette,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

/** @typedef {ReturnType<typeof themeOf>} Theme */

/**
 * Calls back when the page may have other colors: Streamlit's menu gives its frame another class, elsewhere the machine
 * says it. Returns what ends that.
 * @param {() => void} callback
 */
export function whenColorsChange(callback) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const frame = document.querySelector("[data-testid=stApp]");
  const watcher = new MutationObserver(callback);
  if (frame) watcher.observe(frame, { attributeFilter: ["class"] });
  dark.addEventListener("change", callback);
  return () => {
    watcher.disconnect();
    dark.removeEventListener("change", callback);
  };
}

/** @param {HTMLElement} element */
function backgroundBehind(element) {
  for (let e = /** @type {Element | null} */ (element); e; e = e.parentElement ?? hostOf(e)) {
    const color = getComputedStyle(e).backgroundColor;
    if (rgba(color)[3] > 200) return color;
  }
  return "#ffffff";
}

/** The element whose shadow tree an element is the top of. @param {Element} element */
function hostOf(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot && element.parentNode === root ? root.host : null;
}

/** Hands the theme to the style sheet, as custom properties of an element. @param {HTMLElement} root @param {Theme} theme */
export function applyTheme(root, theme) {
  const properties = {
    text: theme.text,
    faint: theme.faint,
    bg: theme.background,
    soft: theme.secondary,
    border: theme.border,
    primary: theme.primary,
    "on-primary": inkOn(theme.primary),
    accent: readable(theme.primary, theme.background), // the primary color as text
    font: theme.font,
  };
  for (const [name, value] of Object.entries(properties)) root.style.setProperty(`--es-${name}`, value);
  root.toggleAttribute("data-dark", theme.dark);
}

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) =>
  Boolean(value) && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);

/**
 * A deep copy of `base` with `over` laid on top.
 * @param {Record<string, any>} base
 * @param {Record<string, any> | undefined} over
 * @returns {Record<string, any>}
 */
export function merged(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    result[key] = isObject(value) ? merged(isObject(result[key]) ? result[key] : {}, value) : value;
  }
  return result;
}

const CLEAR = "rgba(0,0,0,0)";
const NARROW = 260; // CSS pixels

/**
 * A layout for Plotly: Python's, with the page's colors, and a legend beside it below where the panel is narrow.
 * @param {Record<string, any>} layout
 * @param {Theme} theme
 * @param {number} width  CSS pixels
 * @param {Record<string, any>} defaults  what holds where `layout` says nothing
 */
export function themedLayout(layout, theme, width, defaults = {}) {
  const base = merged(defaults, layout);
  const over = themeLayout(theme);
  for (const axis of new Set(["xaxis", "yaxis", ...Object.keys(base).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    over[axis] = themeAxis(theme);
    if (typeof base[axis]?.title === "string") base[axis] = { ...base[axis], title: { text: base[axis].title } };
  }
  if (width < NARROW && base.legend?.orientation !== "h") {
    const font = { color: theme.text, size: 11 };
    const y = base.xaxis?.title?.text || base.xaxis?.showticklabels !== false ? -0.22 : -0.02;
    Object.assign(over.legend, { orientation: "h", x: 0, xanchor: "left", y, yanchor: "top", itemwidth: 30, font });
  }
  delete base.width;
  delete base.height;
  return merged(base, over);
}

/** @param {Theme} theme @returns {Record<string, any>} */
const themeLayout = (theme) => ({
  autosize: true,
  paper_bgcolor: CLEAR,
  plot_bgcolor: CLEAR,
  font: { color: theme.text, family: theme.font },
  modebar: { bgcolor: CLEAR, color: alpha(theme.text, 0.45), activecolor: theme.primary },
  hoverlabel: { bgcolor: theme.secondary, bordercolor: theme.border, font: { color: theme.text, family: theme.font } },
  legend: { bgcolor: CLEAR, font: { color: theme.text } },
  newselection: { line: { color: theme.text } },
  uirevision: "kept",
});

/** @param {Theme} theme */
const themeAxis = (theme) => ({
  gridcolor: theme.line,
  linecolor: theme.border,
  zerolinecolor: theme.line,
  tickcolor: theme.border,
  tickfont: { color: theme.faint },
  title: { font: { color: theme.faint } },
});
