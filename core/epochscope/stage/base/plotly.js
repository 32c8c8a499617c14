/** plotly.js itself: when a browser fetches it, and what holds for all plots. */
import { make } from "./dom.js";

/** @type {Promise<any> | null} */
let library = null;
let ahead = false; // whether plotly.js has been asked for

/** Has the browser fetch plotly.js in its own time, without running it yet. @param {string | undefined} url */
export function fetchAhead(url) {
  if (ahead || !/^(\/|https?:)/.test(url ?? "")) return; // a notebook has handed the whole of it over
  ahead = true;
  document.head.append(make("link", "", { rel: "preload", as: "script", fetchPriority: "low", href: url }));
}

/** plotly.js: the page's own, or loaded once. @param {string | undefined} url @returns {Promise<any>} */
export function plotly(url) {
  const there = /** @type {any} */ (window).Plotly;
  if (there?.newPlot) return Promise.resolve(there);
  library ??= new Promise((resolve, reject) => {
    const script = make("script", "", { src: url, async: true });
    script.onload = () => {
      const { Plotly } = /** @type {any} */ (window);
      if (Plotly) resolve(Plotly);
      else reject(new Error("no Plotly"));
    };
    script.onerror = () => reject(new Error("Plotly did not load"));
    document.head.append(script);
  });
  library.catch(() => {
    library = null;
  });
  return library;
}

/** What no figure can change. */
export const FIXED = { displaylogo: false, showSendToCloud: false, responsive: false };
/** How every plot behaves. */
export const CONFIG = { ...FIXED, displayModeBar: "hover", scrollZoom: false, doubleClick: "reset" };

/** A trace that shows nothing: Plotly draws axes only around traces. */
export const NOTHING = { x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip" };

/** Draws a plot that nobody sees: the first one takes a browser much longer than the next. @param {string} url */
export async function warmUp(url) {
  const Plotly = await plotly(url);
  const place = make("div");
  const dot = { ...NOTHING, x: [0], y: [0] };
  await Plotly.newPlot(place, [dot], { width: 300, height: 200, title: { text: "0" } }, CONFIG);
  Plotly.purge(place);
}
