/** Paints the points of a panel: by the graphics card where there are many and it helps, else by memory writes. */
import { packed } from "../render/color.js";
import { countPoints, paintDensity } from "../render/density.js";
import { Dots } from "../render/dots.js";
import { glDots } from "../render/gl_dots.js";
import { placed } from "./motion.js";
import { BEHIND, NORMAL, RAISED } from "./point_style.js";
import { dotsOf, project, sameView } from "./screen.js";

/** @import { GlDots } from "../render/gl_dots.js" */
/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @import { View } from "./screen.js" */

const LAYERS = [BEHIND, NORMAL, RAISED];
const MANY = 10_000; // points, from which a graphics card is asked for

export class PointPainter {
  #dots = new Dots();
  /** @type {GlDots | null | undefined}  undefined: not needed so far */
  #card;
  /** @type {{shown: Shown, share: number, view: View, tint: Uint32Array} | null}  what was painted last */
  #painted = null;
  /** @type {{xy: Float32Array, of: View | null}} */
  #onScreen = { xy: new Float32Array(0), of: null };

  /** @param {PointsPanel} panel */
  constructor(panel) {
    this.panel = panel;
  }

  /** Positions in pixels of the plot. */
  get scratch() {
    const { shown, view } = this.panel;
    const known = this.#onScreen;
    if (!shown || !view || known.of === view) return known.xy;
    if (known.xy.length !== shown.to.length) known.xy = new Float32Array(shown.to.length);
    project(placed(shown), view, known.xy);
    known.of = view;
    return known.xy;
  }

  /** Whether this is the picture that was painted last. @param {View} view @param {Shown} shown */
  shows(view, shown) {
    const last = this.#painted;
    const { tint } = this.panel;
    const still = last?.shown === shown && last.share === shown.share && last.tint === tint;
    return still && !this.#card?.lost && sameView(last.view, view);
  }

  /** The graphics card, where it is of use. @param {number} n  points */
  #cardFor(n) {
    if (n < MANY) return null;
    if (this.#card === undefined) this.#card = glDots();
    return this.#card?.lost ? null : (this.#card ?? null);
  }

  /** Paints the points, and what lies under them. @param {View} view  that of the panel @param {Shown} shown */
  paint(view, shown) {
    const { tint, layer, form, report } = this.panel;
    this.#painted = { shown, share: shown.share, view, tint };
    const dense = this.#dotCount < tint.length;
    const card = dense ? null : this.#cardFor(tint.length);
    report.renderer = card ? "webgl" : "canvas";
    this.#fill(view, !card);
    if (!card) return;
    const { range, sx, sy, W, H, sizes } = view;
    card.take(shown.from, shown.to, tint, layer, form);
    const place = {
      scale: /** @type {[number, number]} */ ([sx, sy]),
      corner: /** @type {[number, number]} */ ([range[0], range[3]]),
    };
    card.draw(W, H, { share: shown.share, ...place, sizes, kinds: LAYERS });
  }

  /** How many points are drawn as dots. */
  get #dotCount() {
    return dotsOf(this.panel.store.info, this.panel.tint.length);
  }

  /** @param {View} view @param {boolean} points  whether with the points */
  #fill(view, points) {
    const dots = this.#dots;
    const { theme, overlay, tint, layer, form } = this.panel;
    dots.resize(view.W, view.H);
    dots.clear(packed(theme.background));
    overlay.paintUnder(dots, view);
    const shown = this.#dotCount;
    if (points && shown < tint.length)
      paintDensity(dots.pixels, countPoints(this.scratch, layer, view.W, view.H), packed(theme.text));
    const some = tint.subarray(0, shown);
    if (points) for (const kind of LAYERS) dots.draw(this.scratch, some, layer, kind, view.sizes[kind], form);
  }

  /** Brings what was painted onto the panel's canvas. @param {CanvasRenderingContext2D} context @param {View} view */
  put(context, { left, top, dpr }) {
    const [x, y] = [Math.round(left * dpr), Math.round(top * dpr)];
    context.putImageData(this.#dots.image, x, y);
    if (this.panel.report.renderer !== "webgl" || !this.#card) return;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#card.canvas, x, y);
    context.restore();
  }

  /** For a picture to keep: what lies under the points, with or without these. @param {View} view @param {boolean} points */
  picture(view, points) {
    this.#painted = null;
    this.#fill(view, points);
    return this.#dots.image;
  }

  destroy() {
    this.#card?.destroy();
  }
}
