/** How honest a picture is: pairs that it tears apart, and a bar that tells its scale. */

import { count, roundedDown } from "../base/format.js";
import { ntr, tr } from "../data/language.js";
import { alpha } from "../render/color.js";
import { trustsOf } from "../runtime/frame_trust.js";

/** @import { Shown } from "./motion.js" */
/** @import { PointsPanel } from "./points_panel.js" */
/** @import { View } from "./screen.js" */

/**
 * Faint lines between neighbors that lie far apart; returns what is said of them.
 * @param {PointsPanel} panel
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Shown} shown
 */
export function paintStretched(panel, context, { dpr, left, top }, { frame }) {
  const { store, projection, layer, theme, report } = panel;
  const known = trustsOf(store).at(projection, frame.epoch);
  report.stretched = null;
  if (known === null) return tr("stretched pairs are not known here");
  if (known === undefined) return tr("stretched pairs are being found ...");
  const { scratch } = panel.painter;
  const { stretched, neighbors, all_stretched: all } = known;
  context.beginPath();
  let drawn = 0;
  for (let e = 0; e < stretched.length; e += 2) {
    const [i, j] = [stretched[e], stretched[e + 1]];
    if (!layer[i] || !layer[j]) continue;
    context.moveTo(left + scratch[2 * i] / dpr, top + scratch[2 * i + 1] / dpr);
    context.lineTo(left + scratch[2 * j] / dpr, top + scratch[2 * j + 1] / dpr);
    drawn++;
  }
  context.lineWidth = 1;
  context.strokeStyle = alpha(theme.text, drawn > 100 ? 0.22 : 0.4);
  context.stroke();
  report.stretched = drawn;
  const which = drawn < all ? tr("the longest {n} of {all}", { n: count(drawn), all: count(all) }) : count(all);
  return tr("stretched: {which} pairs of {neighbors} nearest neighbors lie farther apart than half of all points", {
    which,
    neighbors,
  });
}

const BAR = 90; // CSS pixels of a bar at most

const LENGTHS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 1 });

/** A length in words: 0.02, 5, 2,000, 2e+9. @param {number} length */
export const lengthWords = (length) =>
  length >= 1e-3 && length < 1e6 ? LENGTHS.format(length) : length.toExponential(0);

/**
 * A bar in the lower left corner whose length is a round number of units of the codes, where the projection is linear, else
 * of the layout's own.
 * @param {PointsPanel} panel
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 */
export function paintScaleBar(panel, context, { sx, dpr, left, top, width, height }) {
  const unit = sx / dpr; // CSS pixels
  const { theme, spec, report } = panel;
  const length = roundedDown(Math.min(BAR, width / 4) / unit);
  if (!Number.isFinite(length) || !(length > 0)) return;
  const [x, y, wide] = [left + 8, top + height - 7, length * unit];
  context.beginPath();
  context.moveTo(x, y - 4);
  context.lineTo(x, y);
  context.lineTo(x + wide, y);
  context.lineTo(x + wide, y - 4);
  context.lineWidth = 4;
  context.strokeStyle = alpha(theme.background, 0.8);
  context.stroke();
  context.lineWidth = 1.25;
  context.strokeStyle = theme.text;
  context.stroke();
  context.font = `10.5px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.lineWidth = 3;
  context.strokeStyle = alpha(theme.background, 0.8);
  const words = spec.linear
    ? ntr("{n} unit", "{n} units", length, { n: lengthWords(length) })
    : ntr("{n} unit of this layout", "{n} units of this layout", length, { n: lengthWords(length) });
  context.strokeText(words, x + 4, y - 2);
  context.fillStyle = theme.text;
  context.fillText(words, x + 4, y - 2);
  report.bar = length;
}
