/**
 * Loads a run into its store: first the epoch that is shown, then all that exist, then what is new.
 * The client asks after it has painted, and never has two questions in flight, so nothing piles up.
 */
import { decode } from "../data/bundle.js";
import { accepted, Busy, Cut, Ended, Refused, Waiting } from "./errors.js";
import { nextPaint, pause } from "./time.js";

/** @import { Answer, Question } from "./source.js" */
/** @import { Store } from "./store.js" */

const FIRST_WAIT = 500; // ms until a lost server is asked again; longer each time
const LONGEST_WAIT = 15000;

/** The message for the store about a failed request. @param {unknown} error */
function explained(error) {
  if (error instanceof Refused) return /** @type {const} */ ({ text: error.message, kind: "error" });
  if (error instanceof Waiting || error instanceof Busy)
    return /** @type {const} */ ({ text: error.message, kind: "wait" });
  return /** @type {const} */ ({ text: "Connecting ...", kind: "wait" });
}

/** One projection of one run (or none, for pages that show curves only). */
export class Link {
  #abort = new AbortController();

  /**
   * @param {Store} store
   * @param {string | null} projection
   */
  constructor(store, projection) {
    this.store = store;
    this.projection = projection;
    this.done = false;
    this.refused = false; // and rests
    this.updates = store.source.updates(store.run);
    this.#run();
  }

  close() {
    this.#abort.abort();
    this.updates.close();
  }

  get #closed() {
    return this.#abort.signal.aborted;
  }

  async #run() {
    let wait = FIRST_WAIT;
    while (!this.#closed && !this.done) {
      let answered = false;
      try {
        await this.#catchUp();
        while (this.store.live && !this.#closed) {
          await nextPaint();
          if (this.#closed) return;
          const answer = await this.updates.next(this.#question());
          wait = FIRST_WAIT;
          answered = true;
          this.#receive(answer);
        }
        this.done = !this.store.live;
        if (this.done) this.updates.close();
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof Ended) {
          this.done = true;
          this.store.end(error.status);
          this.store.setMessage(error.message, "error");
          this.store.emit("data");
          return;
        }
        if (answered && error instanceof Cut) continue; // as proxies do with sockets that are a minute old
        const { text, kind } = explained(error);
        this.store.setMessage(text, kind);
        if (error instanceof Waiting) wait = 200;
        this.refused = kind === "error";
        await pause(kind === "error" ? LONGEST_WAIT : wait * (0.8 + 0.4 * Math.random()), this.#abort.signal);
        wait = Math.min(LONGEST_WAIT, wait * 2);
      }
    }
  }

  /** Links of a store catch up one after the other, so that no epoch is fetched twice. */
  async #catchUp() {
    const { store } = this;
    const before = store.catchingUp;
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    store.catchingUp = promise;
    await before;
    try {
      if (!store.info) await this.#learn();
      let more = !this.#closed && this.#receive(await this.updates.existing(this.#question(), store.cursor.firstEpoch));
      while (more && !this.#closed) more = this.#receive(await this.updates.existing(this.#question()));
      if (!this.#closed) store.setMessage("");
    } finally {
      resolve();
    }
  }

  /** What holds for the whole run is asked for once, whichever link needs it. */
  async #learn() {
    const { store } = this;
    store.askingForInfo ??= store
      .get("info")
      .then(accepted)
      .then((response) => response.json())
      .finally(() => {
        store.askingForInfo = null;
      });
    const info = await store.askingForInfo;
    if (info.waiting) throw new Waiting(info.waiting);
    if (info.ended) throw new Ended(info.ended, info.status);
    store.setInfo(info);
  }

  /** What comes after what the store has. @returns {Question} */
  #question() {
    const { store, projection } = this;
    return { epochs: store.received, projection, frames: store.framesOf(projection)?.received ?? 0 };
  }

  /**
   * Hands a bundle to the store; says whether there was anything new in it.
   * @param {Answer} answer
   */
  #receive({ message, asked }) {
    if (this.#closed) return false;
    let bundle;
    try {
      bundle = decode(message);
    } catch (error) {
      throw new Refused(error instanceof Error ? error.message : String(error));
    }
    this.store.receive(bundle, asked, this.projection);
    return bundle.epochs.length + bundle.frames.length > 0;
  }
}
