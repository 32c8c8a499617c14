/** What holds for a whole run, decoded. */
import { bytesOfText } from "./base64.js";

/** @import { RunInfo } from "./types.js" */

/**
 * The info of a run with its numbers of points as arrays; they travel as text.
 * @param {any} info
 * @returns {RunInfo}
 */
export function decodedInfo(info) {
  const { index, truth } = info;
  return {
    ...info,
    index: typeof index === "string" ? new Uint32Array(bytesOfText(index).buffer) : index,
    truth: typeof truth === "string" ? new Int16Array(bytesOfText(truth).buffer) : truth,
  };
}
