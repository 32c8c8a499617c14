/**
 * The neighbor graph below the points. A sample of its edges comes with the epoch; of a graph with more, the server is asked
 * for those of the part in view once that rests: single ones, or their density where they are too many.
 */

import { count } from "../base/format.js";
import { bytesOfText } from "../data/base64.js";
import { tr } from "../data/language.js";
import { packed } from "../render/color.js";
import { CIVIDIS, table } from "../render/colormaps.js";
import { paintTones } from "../render/density.js";
import { drawLine } from "../render/line_raster.js";
import { Rested } from "../runtime/rested.js";
import { BEHIND } from "./point_style.js";

/** @import { Edges } from "../data/channel_decoders.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { Dots } from "../render/dots.js" */
/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @import { View } from "./screen.js" */

/**
 * @typedef {object} InView  the edges with an end in the part of the plane that is shown
 * @property {number} edges  how many
 * @property {number} [counted]  of which the density was made
 * @property {Uint32Array | null} ends  of single ones: i0 j0 i1 j1 ...
 * @property {Uint8Array | null} weights
 * @property {Uint8Array | null} tones  of the density
 *
 * @typedef {{epoch: number, projection: string, left: number, right: number, bottom: number, top: number, width: number,
 *   height: number}} Wanted  a part of the plane, and the cells of its density
 *
 * @typedef {object} Lines  edges to be drawn one by one
 * @property {ArrayLike<number>} ends
 * @property {Uint8Array | null} weights
 * @property {(e: number, i: number, j: number) => number} colorOf
 */

const BETWEEN_NUMBERS = "#8b929c"; // edges where colors are numbers
const CELL = 2; // CSS pixels of a cell of the density

/** @param {any} answer @returns {InView | null} */
function inView(answer) {
  const { edges, counted, ends, weights, density } = answer;
  if (edges === undefined) return null;
  return {
    edges,
    counted,
    ends: ends === undefined ? null : new Uint32Array(bytesOfText(ends).buffer),
    weights: weights === undefined ? null : bytesOfText(weights),
    tones: density === undefined ? null : bytesOfText(density),
  };
}

export class GraphLayer {
  /** @param {PointsPanel} panel */
  constructor(panel) {
    this.panel = panel;
    /** @type {Rested<Wanted, InView>} */
    this.inView = new Rested(
      "graph",
      (path) => panel.store.get(path),
      inView,
      () => panel.handleEvent("view"),
    );
  }

  /**
   * Paints edges: opacity is weight; within a group in its color, between groups in the color of text. Returns what is
   * said of them.
   * @param {Dots} dots
   * @param {Shown} shown
   * @param {View} view
   */
  paint(dots, shown, view) {
    const { entry } = shown;
    const graph = entry?.edges;
    if (!entry || !graph) return tr("no graph in this phase");
    const more = this.#more(shown, graph, view);
    if (more?.tones || (!more && this.#near(shown))) return this.#paintDensity(dots, view);
    const colorOf = this.#edgeColors(entry, !more?.ends);
    const weights = more ? more.weights : (entry.channel("edge_weights", "scaled")?.values ?? null);
    const drawn = this.#paintLines(dots, { ends: more?.ends ?? graph.ends, weights, colorOf });
    const words = this.#edgeWords(entry, !more?.ends);
    if (more) return tr("{n} edges drawn: all with an end in view", { n: count(drawn) }) + words;
    const all = (this.panel.store.info?.n ?? 0) * graph.each;
    return tr("{n} of {all} edges drawn, between drawn points", { n: count(drawn), all: count(all) }) + words;
  }

  /** All edges in view, where the epoch came with a sample of them and nothing moves. @param {Shown} shown @param {Edges} graph @param {View} view @returns {InView | null} */
  #more({ frame, share }, { ends, between }, { range, width, height }) {
    const { projection } = this.panel;
    const turned = frame.around !== undefined; // onto another run: the server does not know these places
    if (between <= ends.length >> 1 || share < 1 || turned || projection === null) return null;
    const [left, right, bottom, top] = range.map((side) => Number(side.toPrecision(6)));
    const size = { width: Math.ceil(width / CELL), height: Math.ceil(height / CELL) };
    const wanted = { epoch: frame.epoch, projection, left, right, bottom, top, ...size };
    const { exact } = this.inView.want(wanted);
    this.panel.report.edgesInView = exact ? (this.inView.known?.value.edges ?? null) : null;
    return exact ? (this.inView.known?.value ?? null) : null;
  }

  /** Whether the density of a part of the same frame is known, which stands in until that of this part comes. @param {Shown} shown */
  #near({ frame, share }) {
    const { known } = this.inView;
    return share >= 1 && frame.epoch === known?.wanted.epoch && this.panel.projection === known.wanted.projection
      ? known.value.tones
      : null;
  }

  /** The density that is known, where its part of the plane lies now. @param {Dots} dots @param {View} view */
  #paintDensity(dots, { range, sx, sy }) {
    const { known } = this.inView;
    if (!known?.value.tones) return "";
    const { width, height } = dots.image;
    const { left, right, bottom, top, width: columns, height: rows } = known.wanted;
    const place = {
      left: (left - range[0]) * sx,
      top: (range[3] - top) * sy,
      wide: (right - left) * sx,
      high: (top - bottom) * sy,
    };
    const grid = { tones: known.value.tones, columns, rows };
    paintTones(dots.pixels, width, height, grid, place, packed(this.panel.theme.faint));
    const { edges, counted = edges } = known.value;
    this.panel.report.edges = edges;
    const all = count(edges);
    return counted < edges
      ? tr("density of {n} of {all} edges, a random sample, with an end in view; zoom in for single ones", {
          n: count(counted),
          all,
        })
      : tr("density of all {all} edges with an end in view; zoom in for single ones", { all });
  }

  /** @param {Dots} dots @param {Lines} lines */
  #paintLines(dots, { ends, weights, colorOf }) {
    const { panel } = this;
    const { layer } = panel;
    const { scratch } = panel.painter;
    const { width, height } = dots.image;
    const n = layer.length;
    // many edges on few pixels would turn into a blot
    const strength = Math.min(1, Math.max(0.35, 4000 / Math.max(1, ends.length >> 1)));
    let drawn = 0;
    for (let e = 0; 2 * e < ends.length; e++) {
      const [i, j] = [ends[2 * e], ends[2 * e + 1]];
      if (i >= n || j >= n || !layer[i] || !layer[j] || (layer[i] === BEHIND && layer[j] === BEHIND)) continue;
      const weight = weights ? weights[e] / 255 : 0.6;
      const opacity = Math.max(6, Math.round(255 * strength * (0.1 + 0.7 * weight)));
      const [x0, y0, x1, y1] = [scratch[2 * i], scratch[2 * i + 1], scratch[2 * j], scratch[2 * j + 1]];
      drawLine(dots.pixels, width, height, x0, y0, x1, y1, colorOf(e, i, j), opacity);
      drawn++;
    }
    panel.report.edges = drawn;
    return drawn;
  }

  /**
   * The color of an edge e between the points i and j. Beside confidence: how far the ends agree in their whole rows
   * of Q, bright where JS = 0.
   * @param {Epoch} entry
   * @param {boolean} sample  whether the edges are those that came with the epoch, whose divergences are known
   * @returns {(e: number, i: number, j: number) => number}
   */
  #edgeColors(entry, sample) {
    const { store, theme, mode, continuous } = this.panel;
    if (continuous) {
      const js = sample && entry.channel("edge_js", "scaled")?.values;
      const map = table(CIVIDIS);
      const gray = packed(BETWEEN_NUMBERS);
      return js ? (e) => map[255 - js[e]] : () => gray;
    }
    const groups = mode === "class" ? store.info?.truth : entry.labels;
    const gray = packed(BETWEEN_NUMBERS);
    if (!groups) return () => gray;
    const k = mode === "class" ? theme.palette.length : (store.info?.k ?? 0);
    const { panel } = this;
    const within = Array.from({ length: k }, (_, c) =>
      packed(mode === "class" ? panel.color(c) : panel.clusterColor(c, entry)),
    );
    const between = packed(theme.text);
    return (_, i, j) => (groups[i] === groups[j] && groups[i] >= 0 ? within[groups[i] % within.length] : between);
  }

  /** @param {Epoch} entry @param {boolean} sample */
  #edgeWords(entry, sample) {
    const { theme, mode, continuous } = this.panel;
    if (continuous) return sample && entry.channel("edge_js", "scaled") ? tr("; bright: JS near 0") : "";
    if (mode === "class") return theme.dark ? tr("; white: between classes") : tr("; black: between classes");
    return theme.dark ? tr("; white: between clusters") : tr("; black: between clusters");
  }
}
