/** The frames of one projection that have arrived, by epoch. */
import { union } from "./boxes.js";

/** @import { Box, Frame } from "./types.js" */

export class ProjectionFrames {
  /** How many frames the server has sent, repeated ones too. */
  received = 0;
  /** @type {Map<number, Frame>} */
  frames = new Map();
  /** @type {number[]}  their epochs, in order */
  order = [];
  /** @type {Box | null}  that holds all of them */
  box = null;

  /**
   * Takes frames in; the last one for an epoch counts.
   * @param {Frame[]} frames
   * @param {number | null} since  how many frames the viewer had when it asked; null: they come ahead of their turn
   */
  add(frames, since) {
    for (const frame of frames) {
      if (!frame.xy.length && !frame.apart) continue;
      if (!frame.xy.length && this.frames.get(frame.epoch)?.xy.length) continue; // it came ahead of its turn
      this.frames.set(frame.epoch, frame);
      this.box = union(this.box, frame.box);
    }
    if (since !== null) this.received = Math.max(this.received, since + frames.length);
    this.order = [...this.frames.keys()].sort((a, b) => a - b);
  }

  /** Of the frames whose points are there: that for an epoch, else the nearest one before it, else the first. @param {number} epoch */
  at(epoch) {
    /** @type {Frame | null} */
    let best = null;
    for (const other of this.order) {
      const frame = this.frames.get(other);
      if (frame?.xy.length && (other <= epoch || !best)) best = frame;
    }
    return best;
  }

  /** The oldest frame whose points are there, or null. */
  get first() {
    return this.at(Number.NEGATIVE_INFINITY);
  }

  /** The newest frame whose points are there, or null. */
  get last() {
    return this.at(Number.POSITIVE_INFINITY);
  }
}
