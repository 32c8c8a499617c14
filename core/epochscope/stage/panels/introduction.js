/** Plays a recorded run again and again, says in a sentence what happens, and remembers that this browser has seen it. */
import { make, setText } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { pause } from "../runtime/time.js";

/** @import { StageEvent } from "../runtime/store.js" */

const YEAR = 31536000; // seconds
const SPEED = 0.5; // slow enough to read three captions meanwhile
const LATEST = 800; // ms until it begins, where nobody tells that the points are on the screen
const REST = 2500; // ms at the end, before it begins again

export class IntroductionPanel extends Panel {
  sentence = make("p", "es-introduction", { role: "status" });
  /** Whether it has begun. */
  #begun = false;
  /** Whether it played when last looked at. */
  #played = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  start() {
    // biome-ignore lint/suspicious/noDocumentCookie: the other interface is not in every browser
    document.cookie = `${this.spec.cookie}=1; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
    this.root.append(this.sentence);
    super.start();
  }

  /** The first epoch of the last phase, in which groups are made. */
  get #first() {
    const { epochs } = this.store;
    const phase = epochs.at(-1)?.phase;
    return epochs.find((entry) => entry.phase === phase)?.epoch ?? 0;
  }

  #play() {
    const { cursor } = this.store;
    cursor.seek(this.#first);
    cursor.play();
  }

  /** @param {StageEvent} event */
  changed(event) {
    const { cursor, epochs } = this.store;
    if (!this.#begun && epochs.length > 1 && !this.store.live) {
      this.#begun = true;
      this.#setOut();
    }
    if (event !== "cursor" || !this.#begun) return;
    clearTimeout(this.#again);
    const ended = this.#played && !cursor.playing && cursor.position === epochs.length - 1;
    if (ended) this.#again = setTimeout(() => this.#play(), REST);
    this.#played = cursor.playing;
  }

  /** Begins once the points are on the screen; not by itself where somebody wants no motion. */
  async #setOut() {
    await Promise.race([this.store.pictured, pause(LATEST)]);
    if (this.gone) return;
    const { cursor } = this.store;
    cursor.setSpeed(SPEED);
    if (this.theme.still) cursor.seek(this.#first);
    else this.#play();
  }

  paint() {
    const { cursor, current } = this.store;
    const { first, moving, last } = this.spec;
    const atEnd = cursor.position === cursor.epochs.length - 1;
    setText(this.sentence, !current ? "" : current.epoch <= this.#first ? first : atEnd ? last : moving);
    Object.assign(this.report, { epoch: current?.epoch ?? null, playing: cursor.playing });
  }

  destroy() {
    clearTimeout(this.#again);
    this.store.cursor.setSpeed(1);
    super.destroy();
  }
}
