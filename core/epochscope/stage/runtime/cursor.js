/**
 * The one cursor of a page: which epoch is shown, whether it plays, which way and how fast.
 * All panels of a run share it; runs that are compared share it too (`link`), and then it may count seconds of training
 * instead of epochs (`clock`): each run shows where it was at that time.
 */
import { entryOf, nameIn } from "../data/errors.js";

/**
 * @typedef {object} CursorRun  what a cursor needs to know of a run that it drives
 * @property {number[]} places  where the run has an epoch, in what the cursor counts
 * @property {unknown[]} epochs
 * @property {unknown} current  the epoch shown, one of `epochs`
 * @property {boolean} live
 * @property {(event: "cursor") => void} emit
 *
 * @typedef {"epoch" | "seconds"} Clock  what a cursor counts
 * @typedef {1 | -1} Direction  forwards or backwards
 */

/** Milliseconds from one epoch to the next at speed 1. */
const INTERVAL = 500;
/** How many times faster than that it may play. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];
const NEWEST = 2 ** 31 - 1; // the largest number of an epoch that may be asked for
/** What a cursor may count, in words for an axis. */
const CLOCKS = { epoch: "epoch", seconds: "seconds of training" };

/** The title of an axis that counts what a cursor counts. @param {string} clock */
export const clockTitle = (clock) => entryOf(CLOCKS, clock, "clock");

export class Cursor {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #movedAt = 0;

  constructor() {
    /** @type {Set<CursorRun>} */
    this.stores = new Set();
    /** @type {Clock} */
    this.clock = "epoch";
    /** @type {number | null}  an epoch number, or seconds; null = not chosen yet */
    this.chosen = null;
    this.follow = true; // stay at the newest epoch
    this.playing = false;
    /** @type {Direction} */
    this.direction = 1;
    this.speed = 1;
    this.gap = INTERVAL; // how long a move may take to be drawn
  }

  /** All epoch numbers of the runs this cursor drives, in order; or all moments at which one of them ended an epoch. */
  get epochs() {
    if (this.stores.size === 1) return [...this.stores][0].places;
    return [...new Set([...this.stores].flatMap((store) => store.places))].sort((a, b) => a - b);
  }

  /** Counts epochs or seconds from now on, and stays where the first run is. @param {string} clock */
  count(clock) {
    if (clock === this.clock) return;
    const [first] = this.stores;
    const place = first?.current ? first.epochs.indexOf(first.current) : -1;
    this.clock = nameIn(CLOCKS, clock, "clock");
    if (!this.follow) this.chosen = first?.places[place] ?? null;
    this.#emit();
  }

  get live() {
    return [...this.stores].some((store) => store.live);
  }

  /** The epoch shown (or the seconds), null while there is none. */
  get epoch() {
    const { epochs } = this;
    if (!epochs.length) return null;
    if (this.follow || this.chosen === null) return epochs[epochs.length - 1];
    return this.chosen;
  }

  /** The number of the epoch to load first; of the newest one a number beyond all. */
  get firstEpoch() {
    const { follow, chosen, clock } = this;
    return follow || chosen === null || clock !== "epoch" ? NEWEST : Math.min(NEWEST, Math.max(0, Math.round(chosen)));
  }

  /** Where the cursor is in `epochs`. */
  get position() {
    const { epochs, epoch } = this;
    let i = epochs.length - 1;
    while (i > 0 && epoch !== null && epochs[i] > epoch) i--;
    return Math.max(0, i);
  }

  /** Called when a store has new epochs. */
  grown() {
    if (!this.follow) return;
    const now = performance.now();
    this.gap = Math.min(900, Math.max(120, (now - this.#movedAt) * 0.9));
    this.#movedAt = now;
  }

  /** Moves to an epoch by hand: leaves "follow" and stops playing. @param {number} epoch */
  seek(epoch) {
    this.pause(false);
    this.gap = 260;
    this.#set(epoch);
  }

  /** Moves by some epochs; at the newest epoch of a live run it stays there without following. @param {number} count */
  step(count) {
    const { epochs } = this;
    if (!epochs.length) return;
    this.seek(epochs[Math.min(epochs.length - 1, Math.max(0, this.position + count))]);
  }

  /** @param {number} epoch */
  #set(epoch) {
    this.follow = false;
    this.chosen = epoch;
    this.#movedAt = performance.now();
    this.#emit();
  }

  goLive() {
    this.pause(false);
    this.follow = true;
    this.gap = 400;
    this.#emit();
  }

  /** Plays in that direction, or pauses if it does so already. @param {Direction} direction */
  toggle(direction = 1) {
    if (this.playing && this.direction === direction) this.pause();
    else this.play(direction);
  }

  /** From the end in that direction it begins at the other one. @param {Direction} direction */
  play(direction = 1) {
    const { epochs, epoch } = this;
    if (epochs.length < 2 || epoch === null) return;
    this.playing = true;
    this.direction = direction;
    const [first, last] = direction > 0 ? [0, epochs.length - 1] : [epochs.length - 1, 0];
    if (this.position === last) this.#set(epochs[first]);
    else if (this.follow) this.#set(epoch);
    else this.#emit();
    this.#tick();
  }

  pause(emit = true) {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    this.playing = false;
    if (emit) this.#emit();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    if (this.playing) this.#tick();
    this.#emit();
  }

  /** The next faster speed (1) or the next slower one (-1). @param {Direction} direction */
  changeSpeed(direction) {
    const place = SPEEDS.indexOf(this.speed) + direction;
    if (place >= 0 && place < SPEEDS.length) this.setSpeed(SPEEDS[place]);
  }

  #tick() {
    clearTimeout(this.#timer);
    this.gap = INTERVAL / this.speed;
    this.#timer = setTimeout(() => {
      if (!this.playing) return;
      const { epochs } = this;
      const next = this.position + this.direction;
      if (next >= 0 && next < epochs.length) {
        if (!document.hidden) this.#set(epochs[next]);
        this.#tick();
      } else if (this.live && this.direction > 0) {
        this.playing = false;
        this.follow = true;
        this.#emit();
      } else this.pause();
    }, this.gap);
  }

  #emit() {
    for (const store of this.stores) store.emit("cursor");
  }
}
