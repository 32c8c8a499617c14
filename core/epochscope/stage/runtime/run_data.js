/** What has arrived of a run: epochs, frames of each projection, status, changes of parameters. */
import { ProjectionFrames } from "../data/projection_frames.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Bundle, ParamChange, RunInfo, RunStatus } from "../data/types.js" */
/** @typedef {{epochs: number, frames: number}} Counts  what a viewer has */

export class RunData {
  /** @type {WeakMap<Epoch, number | null>} */
  #changed = new WeakMap();

  constructor() {
    /** @type {RunInfo | null} */
    this.info = null;
    /** @type {Epoch[]}  those that are there, in the order of time */
    this.epochs = [];
    /** @type {Set<number>}  numbers of the last ones of them, if they arrived ahead of their turn */
    this.ahead = new Set();
    /** Epochs that the run has, here or not. */
    this.recorded = 0;
    /** @type {number[]}  of the epochs */
    this.numbers = [];
    /** @type {number[]}  seconds of training at the end of each epoch */
    this.moments = [];
    /** @type {Map<number, number>}  epoch number -> place in `epochs` */
    this.at = new Map();
    /** How many arrived in their turn. */
    this.received = 0;
    /** @type {Map<string, string>}  projection -> why it cannot be computed, in words */
    this.refused = new Map();
    /** @type {Map<string, ProjectionFrames>} */
    this.projections = new Map();
    /** @type {RunStatus} */
    this.status = {};
    /** @type {ParamChange[]} */
    this.paramChanges = [];
    this.live = true;
    /** Grows with each bundle. */
    this.version = 0;
  }

  /** @param {string | null} projection */
  framesOf(projection) {
    return projection === null ? undefined : this.projections.get(projection);
  }

  /**
   * Takes a decoded bundle in; says whether there are more epochs now.
   * @param {Bundle} bundle
   * @param {Counts} asked  what the viewer had when it asked
   * @param {string | null} projection
   */
  take({ header, epochs, frames }, asked, projection) {
    const ahead = header.ahead === true;
    const before = this.epochs.length;
    if (ahead) this.#addAhead(epochs);
    else {
      for (const epoch of epochs.slice(Math.max(0, this.received - asked.epochs))) this.#addEpoch(epoch);
      this.received = Math.max(this.received, asked.epochs + epochs.length);
    }
    this.recorded = header.recorded ?? this.received;
    if (projection && frames.length) {
      const known = this.projections.get(projection) ?? new ProjectionFrames();
      this.projections.set(projection, known);
      known.add(frames, ahead ? null : asked.frames);
    }
    if (projection) this.refused.set(projection, header.projection_error ?? "");
    this.status = header.status ?? this.status;
    if (this.info && header.grown) Object.assign(this.info, header.grown); // a recorded loop may show more later
    this.paramChanges = header.marks ?? this.paramChanges;
    this.live = header.live !== false;
    this.version++;
    return this.epochs.length > before;
  }

  /**
   * Takes arrays in that had stayed apart.
   * @param {Bundle} bundle
   * @param {string | null} projection
   */
  put({ epochs, frames }, projection) {
    for (const { epoch, channels } of epochs) {
      const own = this.entry(epoch);
      for (const [name, bytes] of Object.entries(channels))
        if (own && bytes && name in own.apart) own.channels[name] = bytes.slice(); // not the whole message with it
    }
    const known = this.framesOf(projection)?.frames;
    for (const { epoch, xy, box } of frames) {
      const own = known?.get(epoch);
      if (own?.apart && !own.xy.length) known?.set(epoch, { ...own, xy: xy.slice(), box });
    }
    this.version++;
  }

  /** Forgets the arrays of an epoch that can be asked for again. @param {Epoch} entry */
  forget(entry) {
    for (const name of Object.keys(entry.apart)) entry.channels[name] = null;
    for (const { frames } of this.projections.values()) {
      const frame = frames.get(entry.epoch);
      if (frame?.apart && frame.xy.length) frames.set(entry.epoch, { ...frame, xy: new Int16Array(0) });
    }
  }

  /** The epochs from the first on, without those that arrived ahead of their turn. */
  get unbroken() {
    return this.ahead.size ? this.epochs.slice(0, -this.ahead.size) : this.epochs;
  }

  /** The run has ended without any epoch. @param {RunStatus} status */
  end(status) {
    this.status = status;
    this.live = false;
  }

  /** @param {Epoch[]} epochs  whole, with what they share with earlier ones */
  #addAhead(epochs) {
    for (const epoch of epochs) {
      if (this.at.has(epoch.epoch)) continue;
      this.#addEpoch(epoch);
      this.ahead.add(epoch.epoch);
    }
  }

  /** @param {Epoch} epoch */
  #addEpoch(epoch) {
    if (this.info) epoch.declared = this.info; // a link asks for it before the first epoch
    for (const [name, since] of Object.entries(epoch.held))
      epoch.channels[name] = this.entry(since)?.channels[name] ?? null;
    const place = this.at.get(epoch.epoch);
    if (place !== undefined) {
      for (const name of Object.keys(epoch.apart)) epoch.channels[name] = this.epochs[place].channels[name] ?? null;
      this.epochs[place] = epoch;
      this.ahead.delete(epoch.epoch);
      return;
    }
    const next = this.epochs.findLastIndex((other) => other.epoch < epoch.epoch) + 1;
    this.epochs.splice(next, 0, epoch);
    for (const [i, { epoch: number, seconds }] of this.epochs.slice(next).entries()) {
      this.at.set(number, next + i);
      this.numbers[next + i] = number;
      this.moments[next + i] = (this.moments[next + i - 1] ?? 0) + (seconds ?? 0);
    }
  }

  /** Number of the last epoch, if all phases last as long as they may; 0 while that is not known. */
  get planned() {
    const phases = Object.values(this.info?.plan ?? {});
    return phases.length && phases.reduce((a, b) => a + b, phases.length - 1); // a phase shows its start, too
  }

  /** @param {number} epoch */
  entry(epoch) {
    const place = this.at.get(epoch);
    return place === undefined ? null : this.epochs[place];
  }

  /** The epoch before one; null where there is none, or none yet. @param {number} epoch */
  before(epoch) {
    const before = this.epochs[(this.at.get(epoch) ?? 0) - 1] ?? null;
    return before && this.ahead.has(epoch) && !this.ahead.has(before.epoch) ? null : before;
  }

  /**
   * Share of points whose cluster changed from the epoch before: the run's own number, else over the drawn points.
   * @param {Epoch} entry
   * @returns {number | null}
   */
  changed(entry) {
    const own = entry.scores.changed ?? entry.scores.label_change;
    if (typeof own === "number" && Number.isFinite(own)) return own;
    let share = this.#changed.get(entry);
    if (share === undefined) {
      share = shareOfChanges(this.before(entry.epoch)?.labels, entry.labels);
      this.#changed.set(entry, share);
    }
    return share;
  }
}

/** @type {(before: ArrayLike<number> | null | undefined, labels: ArrayLike<number> | null) => number | null} */
function shareOfChanges(before, labels) {
  if (!before || !labels || before.length !== labels.length) return null;
  let count = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] !== before[i]) count++;
  return count / labels.length;
}
