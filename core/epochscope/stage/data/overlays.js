/** What can be laid over the points. */
import { tr } from "./language.js";

/**
 * @typedef {object} OverlayKind
 * @property {string[]} needs  what a run must provide
 * @property {boolean} [linear]  only in a linear projection
 * @property {boolean} [exact]  only in a projection that shows the plane of the codes as it is
 * @property {string} about
 */

export const OVERLAYS = {
  graph: { needs: ["neighbors"], about: tr("Edges of the neighbor graph: the stronger, the larger their weight") },
  ellipses: { needs: ["spread", "centers"], linear: true, about: tr("Two standard deviations around each center") },
  pull: { needs: ["forces"], linear: true, about: tr("Where the next step would move some points: the pull −∂L/∂z") },
  paths: { needs: ["centers"], linear: true, about: tr("Where the centers have been, epoch by epoch") },
  stretched: {
    needs: ["z"],
    about: tr("Neighbors among the codes that lie far apart here: what this picture tears apart"),
  },
  regions: { needs: ["centers"], exact: true, about: tr("Which center is nearest at each place in the plane") },
};

/** What they are called. @type {Record<Overlay, string>} */
export const OVERLAY_TITLES = {
  graph: tr("graph"),
  ellipses: tr("ellipses"),
  pull: tr("pull"),
  paths: tr("paths"),
  stretched: tr("stretched"),
  regions: tr("regions"),
};

/** @typedef {keyof typeof OVERLAYS} Overlay */
/** @type {[Overlay, OverlayKind][]} */
export const OVERLAY_KINDS = /** @type {[Overlay, OverlayKind][]} */ (Object.entries(OVERLAYS));
