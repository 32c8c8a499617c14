/** Colours and fonts: read from Streamlit's CSS variables, handed to canvases and to Plotly. */

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const parsed = new Map();

/** Any CSS colour as [r, g, b, a], each 0..255. */
export function rgba(color) {
  if (!parsed.has(color)) {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = "#888";
    probe.fillStyle = color;
    probe.fillRect(0, 0, 1, 1);
    parsed.set(color, [...probe.getImageData(0, 0, 1, 1).data]);
  }
  return parsed.get(color);
}

export const alpha = (color, a) => `rgba(${rgba(color).slice(0, 3).join(",")},${a})`;
export const luma = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b;
/** Black or white, whichever reads better on a colour. */
export const inkOn = (color) => (luma(rgba(color)) > 140 ? "#111418" : "#ffffff");

export const PETROFF = [
  "#3f90da",
  "#ffa90e",
  "#bd1f01",
  "#94a4a2",
  "#832db6",
  "#a96b59",
  "#e76300",
  "#b9ac70",
  "#717581",
  "#92dadd",
];

/** The theme as it is on an element now. */
export function themeOf(element, palette) {
  const style = getComputedStyle(element);
  const read = (name, other) => style.getPropertyValue(name).trim() || other;
  const background = read("--st-background-color", backdrop(element));
  const dark = luma(rgba(background)) < 128;
  const text = read("--st-text-color", dark ? "#f2f3f5" : "#22262e");
  return {
    dark,
    background,
    text,
    faint: alpha(text, 0.62),
    line: alpha(text, 0.13),
    secondary: read("--st-secondary-background-color", dark ? "#22262e" : "#f3f5f8"),
    border: read("--st-border-color", alpha(text, 0.18)),
    primary: read("--st-primary-color", dark ? "#6ea8fe" : "#2563c9"),
    font: read("--st-font", "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"),
    palette: palette?.length ? palette : PETROFF,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

function backdrop(element) {
  for (let e = element; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if (rgba(color)[3] > 200) return color;
  }
  return "#ffffff";
}

const isObject = (value) => value && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** A deep copy of `base` with `over` laid on top. */
export function merged(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    result[key] = isObject(value) ? merged(isObject(result[key]) ? result[key] : {}, value) : value;
  }
  return result;
}

/** A layout for Plotly: Python's, with the page's colours, and a legend below where the panel is narrow. */
export function dressed(layout, theme, width, defaults = {}) {
  const base = merged(defaults, layout);
  const clear = "rgba(0,0,0,0)";
  const over = {
    autosize: true,
    paper_bgcolor: clear,
    plot_bgcolor: clear,
    font: { color: theme.text, family: theme.font },
    modebar: { bgcolor: clear, color: alpha(theme.text, 0.45), activecolor: theme.primary },
    hoverlabel: {
      bgcolor: theme.secondary,
      bordercolor: theme.border,
      font: { color: theme.text, family: theme.font },
    },
    legend: { bgcolor: clear, font: { color: theme.text } },
    newselection: { line: { color: theme.text } },
    uirevision: "kept",
  };
  for (const axis of new Set(["xaxis", "yaxis", ...Object.keys(base).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    over[axis] = {
      gridcolor: theme.line,
      linecolor: theme.border,
      zerolinecolor: theme.line,
      tickcolor: theme.border,
      tickfont: { color: theme.faint },
      title: { font: { color: theme.faint } },
    };
    if (typeof base[axis]?.title === "string") base[axis] = { ...base[axis], title: { text: base[axis].title } };
  }
  if (width < 260) {
    over.legend = {
      ...over.legend,
      orientation: "h",
      x: 0,
      xanchor: "left",
      y: -0.02,
      yanchor: "top",
      itemwidth: 30,
      font: { color: theme.text, size: 11 },
    };
    if (base.xaxis?.title?.text || base.xaxis?.showticklabels !== false) over.legend.y = -0.22;
  }
  delete base.width;
  delete base.height;
  return merged(base, over);
}
