/**
 * The one cursor of a page: which epoch is shown, whether it plays, which way and how fast.
 * All panels of a run share it; runs that are compared share it too (`link`), and then it may count seconds of training
 * instead of epochs (`clock`): each run shows where it was at that time.
 */

/** Milliseconds from one epoch to the next at speed 1. */
const INTERVAL = 500;
/** How many times faster than that it may play. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];

export class Cursor {
  constructor() {
    this.stores = new Set();
    this.clock = "epoch"; // what it counts; or "seconds"
    this.chosen = null; // an epoch number, or seconds; null = not chosen yet
    this.follow = true; // stick to the newest epoch
    this.playing = false;
    this.way = 1; // -1: it plays backwards
    this.speed = 1;
    this.timer = 0;
    this.moved = 0; // time of the last move
    this.gap = INTERVAL; // how long a move may take to be drawn
  }

  /** All epoch numbers of the runs this cursor drives, in order; or all moments at which one of them ended an epoch. */
  get epochs() {
    if (this.stores.size === 1) return [...this.stores][0].places;
    return [...new Set([...this.stores].flatMap((store) => store.places))].sort((a, b) => a - b);
  }

  /** Counts epochs or seconds from now on, and stays where the first run is. */
  count(clock) {
    if (clock === this.clock) return;
    const [first] = this.stores;
    const place = first && first.current ? first.epochs.indexOf(first.current) : -1;
    this.clock = clock;
    if (!this.follow) this.chosen = first?.places[place] ?? null;
    this.#tell();
  }

  get live() {
    return [...this.stores].some((store) => store.live);
  }

  /** The epoch shown (or the seconds), null while there is none. */
  get epoch() {
    const epochs = this.epochs;
    if (!epochs.length) return null;
    if (this.follow || this.chosen === null) return epochs.at(-1);
    return this.chosen;
  }

  /** Where the cursor is in `epochs`. */
  get position() {
    const epochs = this.epochs;
    const epoch = this.epoch;
    let i = epochs.length - 1;
    while (i > 0 && epochs[i] > epoch) i--;
    return Math.max(0, i);
  }

  /** Called when a store has new epochs. */
  grown() {
    if (!this.follow) return;
    const now = performance.now();
    this.gap = Math.min(900, Math.max(120, (now - this.moved) * 0.9));
    this.moved = now;
  }

  /** Moves to an epoch by hand: leaves "follow" and stops playing. */
  seek(epoch) {
    this.pause(false);
    this.gap = 260;
    this.#set(epoch);
  }

  /** Moves by some epochs; at the newest epoch of a live run it stays there without following. */
  step(count) {
    const epochs = this.epochs;
    if (!epochs.length) return;
    this.seek(epochs[Math.min(epochs.length - 1, Math.max(0, this.position + count))]);
  }

  #set(epoch) {
    this.follow = false;
    this.chosen = epoch;
    this.moved = performance.now();
    this.#tell();
  }

  goLive() {
    this.pause(false);
    this.follow = true;
    this.gap = 400;
    this.#tell();
  }

  /** Plays that way (1: forwards, -1: backwards), or pauses if it does so already. */
  toggle(way = 1) {
    if (this.playing && this.way === way) this.pause();
    else this.play(way);
  }

  /** From the end of that way it begins at the other one. */
  play(way = 1) {
    const epochs = this.epochs;
    if (epochs.length < 2) return;
    this.playing = true;
    this.way = way;
    const [first, last] = way > 0 ? [0, epochs.length - 1] : [epochs.length - 1, 0];
    if (this.position === last) this.#set(epochs[first]);
    else if (this.follow) this.#set(this.epoch);
    else this.#tell();
    this.#tick();
  }

  pause(tell = true) {
    clearTimeout(this.timer);
    if (!this.playing) return;
    this.playing = false;
    if (tell) this.#tell();
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.playing) this.#tick();
    this.#tell();
  }

  /** The next faster speed (1) or the next slower one (-1). */
  shift(way) {
    const place = SPEEDS.indexOf(this.speed) + way;
    if (place >= 0 && place < SPEEDS.length) this.setSpeed(SPEEDS[place]);
  }

  #tick() {
    clearTimeout(this.timer);
    this.gap = INTERVAL / this.speed;
    this.timer = setTimeout(() => {
      if (!this.playing) return;
      const epochs = this.epochs;
      const next = this.position + this.way;
      if (next >= 0 && next < epochs.length) {
        if (!document.hidden) this.#set(epochs[next]);
      } else if (this.live && this.way > 0) {
        this.playing = false;
        this.follow = true;
        this.#tell();
        return;
      } else {
        this.pause();
        return;
      }
      this.#tick();
    }, this.gap);
  }

  #tell() {
    for (const store of this.stores) store.tell("cursor");
  }
}

/** Roles whose own keys must keep working. */
const BUSY =
  "input,textarea,select,[contenteditable]:not([contenteditable=false]),[role=slider],[role=grid],[role=tablist],[role=radiogroup],[role=menu],[role=listbox],[role=combobox],[role=spinbutton],[role=dialog]";
const PRESSABLE = "button,a,summary,[role=button],[role=tab],[role=checkbox],[role=switch]";

const MOVES = {
  ArrowLeft: (c) => c.step(-1),
  ArrowRight: (c) => c.step(1),
  PageUp: (c) => c.step(10),
  PageDown: (c) => c.step(-10),
  Home: (c) => c.step(-Infinity),
  End: (c) => (c.live ? c.goLive() : c.step(Infinity)),
  "+": (c) => c.shift(1),
  "=": (c) => c.shift(1), // the same key without Shift
  "-": (c) => c.shift(-1),
};

/** Answers a key of the page, or of the stage's own slider (`own`); says whether it did. */
export function answerKey(cursor, event, own = false) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || !cursor.epochs.length) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (!own && target?.closest(BUSY)) return false;
  if (event.key === " " && !target?.closest(PRESSABLE)) cursor.toggle(event.shiftKey ? -1 : 1);
  else if (MOVES[event.key]) MOVES[event.key](cursor);
  else return false;
  return true;
}
