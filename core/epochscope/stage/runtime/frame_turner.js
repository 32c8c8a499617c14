/**
 * Frames of a compared run, rotated toward the first of the runs: by their newest frames or, where these are more alike,
 * by their oldest ones. A run that has collapsed has no direction; the same start has.
 */
import { aligned, turnBetween } from "../data/align.js";

/** @import { Turn } from "../data/align.js" */
/** @import { Frame } from "../data/types.js" */
/** @import { RunData } from "./run_data.js" */

export class FrameTurner {
  /** @type {Map<string, {state: string, turn: Turn, frames: WeakMap<Frame, Frame>}>}  by projection */
  #turns = new Map();

  /**
   * A frame as it is shown in a run that may be compared with others; null if there is none.
   * @param {Frame | null | undefined} frame
   * @param {string | null} projection
   * @param {RunData & {cursor: {stores: Set<any>}}} run
   * @returns {Frame | null}
   */
  shown(frame, projection, run) {
    if (!frame || projection === null) return null;
    const [first] = run.cursor.stores;
    return first === run ? frame : this.turned(frame, projection, run, first);
  }

  /**
   * The frame as it is shown; it stays as it is while there is nothing to turn it to.
   * @param {Frame} frame
   * @param {string} projection
   * @param {RunData} run  that it is of
   * @param {RunData} first
   */
  turned(frame, projection, run, first) {
    const known = run.projections.get(projection);
    const model = first.projections.get(projection);
    if (!known?.last || !known.first || !known.box || !model?.last || !model.first || !run.info || !first.info)
      return frame;
    const state = `${known.received} ${model.received}`;
    let made = this.#turns.get(projection);
    if (made?.state !== state) {
      const newest = turnBetween(known.last, run.info.index, model.last, first.info.index);
      const oldest = turnBetween(known.first, run.info.index, model.first, first.info.index);
      made = { state, turn: (oldest.fit > newest.fit ? oldest : newest).turn, frames: new WeakMap() };
      this.#turns.set(projection, made);
    }
    let turned = made.frames.get(frame);
    if (!turned) {
      turned = aligned(frame, made.turn, known.box);
      made.frames.set(frame, turned);
    }
    return turned;
  }
}
