/** A heat map in words. */
import { matrixSentence } from "../data/sentences.js";

/** @import { HeatMapPanel } from "./heat_map.js" */

/** What a heat map shows at the epoch of the cursor, or why it shows nothing. @param {HeatMapPanel} panel */
export function matrixWords({ store, matrices, figureTitle: title, noteBox }) {
  const { current, info } = store;
  const [values, less = null] = matrices.map((name) => current?.channel(name, "uint8") ?? null);
  if (!current || !values) return noteBox.textContent ?? "";
  const { epoch, phase } = current;
  return matrixSentence({ title, epoch, phase, k: current.k ?? info?.k ?? 0, values, less });
}
