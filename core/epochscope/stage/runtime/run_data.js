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
    /** @type {Epoch[]}  in the order of arrival, which is the order of time */
    this.epochs = [];
    /** @type {number[]}  of the epochs */
    this.numbers = [];
    /** @type {number[]}  seconds of training at the end of each epoch */
    this.moments = [];
    /** @type {Map<number, number>}  epoch number -> place in `epochs` */
    this.at = new Map();
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
    for (const epoch of epochs.slice(Math.max(0, this.received - asked.epochs))) this.#addEpoch(epoch);
    const before = this.received;
    this.received = Math.max(this.received, asked.epochs + epochs.length);
    if (projection && frames.length) {
      const known = this.projections.get(projection) ?? new ProjectionFrames();
      this.projections.set(projection, known);
      known.add(frames, asked.frames);
    }
    if (projection) this.refused.set(projection, header.projection_error ?? "");
    this.status = header.status ?? this.status;
    if (this.info && header.grown) Object.assign(this.info, header.grown); // a recorded loop may show more later
    this.paramChanges = header.marks ?? this.paramChanges;
    this.live = header.live !== false;
    this.version++;
    return this.received > before;
  }

  /** The run has ended without any epoch. @param {RunStatus} status */
  end(status) {
    this.status = status;
    this.live = false;
  }

  /** @param {Epoch} epoch */
  #addEpoch(epoch) {
    if (this.info) epoch.declared = this.info; // a link asks for it before the first epoch
    for (const [name, since] of Object.entries(epoch.held))
      epoch.channels[name] = this.entry(since)?.channels[name] ?? null;
    const place = this.at.get(epoch.epoch);
    if (place !== undefined) {
      this.epochs[place] = epoch;
      return;
    }
    this.at.set(epoch.epoch, this.epochs.push(epoch) - 1);
    this.numbers.push(epoch.epoch);
    this.moments.push((this.moments.at(-1) ?? 0) + (epoch.seconds ?? 0));
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

  /** The epoch before one, or null. @param {number} epoch */
  before(epoch) {
    return this.epochs[(this.at.get(epoch) ?? 0) - 1] ?? null;
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
