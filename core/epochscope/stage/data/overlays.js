/** What can be laid over the points. */
import { tr } from "./language.js";

/**
 * @typedef {object} OverlayKind
 * @property {string[]} needs  what a run must provide
 * @property {boolean} [linear]  only in a linear projection
 * @property {boolean} [exact]  only in a projection that shows the plane of the codes as it is
 * @property {string} title
 * @property {string} about
 */

export const OVERLAYS = {
  graph: {
    needs: ["neighbors"],
    title: tr("graph"),
    about: tr("Edges of the neighbor graph: the stronger, the larger their weight"),
  },
  ellipses: {
    needs: ["spread", "centers"],
    linear: true,
    title: tr("ellipses"),
    about: tr("Two standard deviations around each center"),
  },
  pull: {
    needs: ["forces"],
    linear: true,
    title: tr("pull"),
    about: tr("Where the next step would move some points: the pull −∂L/∂z"),
  },
  paths: {
    needs: ["centers"],
    linear: true,
    title: tr("paths"),
    about: tr("Where the centers have been, epoch by epoch"),
  },
  stretched: {
    needs: ["z"],
    title: tr("stretched"),
    about: tr("Neighbors among the codes that are far apart here: what this picture tears"),
  },
  regions: {
    needs: ["centers"],
    exact: true,
    title: tr("regions"),
    about: tr("Which center is the nearest at each place of the plane"),
  },
};

/** @typedef {keyof typeof OVERLAYS} Overlay */
/** @type {[Overlay, OverlayKind][]} */
export const OVERLAY_KINDS = /** @type {[Overlay, OverlayKind][]} */ (Object.entries(OVERLAYS));
