/** What can be laid over the points. */

/**
 * @typedef {object} OverlayKind
 * @property {string[]} needs  what a run must provide
 * @property {boolean} [linear]  only in a linear projection
 * @property {boolean} [exact]  only in a projection that shows the plane of the codes as it is
 * @property {string} about
 */

export const OVERLAYS = {
  graph: { needs: ["neighbors"], about: "Edges of the neighbor graph: the heavier, the stronger" },
  ellipses: { needs: ["spread", "centers"], linear: true, about: "Two standard deviations around each center" },
  pull: { needs: ["forces"], linear: true, about: "The pull −∂L/∂z on some points" },
  paths: { needs: ["centers"], linear: true, about: "Where the centers have been, in the frames so far" },
  stretched: { needs: ["z"], about: "Neighbors among the codes that are far apart here: what this picture tears" },
  regions: { needs: ["centers"], exact: true, about: "Which center is nearest" },
};

/** @typedef {keyof typeof OVERLAYS} Overlay */
/** @type {[Overlay, OverlayKind][]} */
export const OVERLAY_KINDS = /** @type {[Overlay, OverlayKind][]} */ (Object.entries(OVERLAYS));
