/**
 * Which part of the plane a points panel shows. It stays put from epoch to epoch: the range is that of the whole run,
 * shrunk by steps of the square root of 2 where a frame is much smaller than it, and changes only when the points need it.
 */

const MARGIN = 1.12;

/** The ranges [x0, x1, y0, y1] for a frame in a plot of some shape (width / height), with equal scales on both axes. */
export function rangeFor(frame, run, shape) {
  const [x0, x1, y0, y1] = run;
  let span = Math.max((x1 - x0) / shape, y1 - y0) || 1;
  let center = [(x0 + x1) / 2, (y0 + y1) / 2];
  const [fx0, fx1, fy0, fy1] = frame;
  const own = Math.max((fx1 - fx0) / shape, fy1 - fy0) || span;
  const halvings = Math.max(0, Math.floor(2 * Math.log2(span / own) + 0.2) / 2);
  if (halvings) {
    span /= 2 ** halvings;
    const snap = (value) => (Math.round((value / span) * 6) * span) / 6;
    center = [snap((fx0 + fx1) / 2), snap((fy0 + fy1) / 2)];
  }
  const [w, h] = [(span * shape * MARGIN) / 2, (span * MARGIN) / 2];
  return [center[0] - w, center[0] + w, center[1] - h, center[1] + h];
}

/** Whether a shown range should give way to a wanted one: points would leave it, or it is much too wide. */
export function tooFar(shown, wanted) {
  const w = shown[1] - shown[0];
  const h = shown[3] - shown[2];
  const ratio = (wanted[1] - wanted[0]) / w;
  const out = Math.max((shown[0] - wanted[0]) / w, (wanted[1] - shown[1]) / w, (shown[2] - wanted[2]) / h, (wanted[3] - shown[3]) / h);
  return out > 0.05 || ratio < 0.8;
}

export const mix = (a, b, t) => a.map((value, i) => value + (b[i] - value) * t);
export const ease = (t) => 1 - (1 - t) ** 3;
