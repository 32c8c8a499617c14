/**
 * Both ends of a presentation: the page that presents tells where its cursor is, those that follow are told
 * (core/epochscope/server/presentations.py).
 */
import { Refused } from "./errors.js";
import { Socket, socketAddress } from "./http_source.js";
import { pause } from "./time.js";

/**
 * @typedef {{followers: number}} Audience  what a page that presents is told
 * @typedef {{version: number, epoch: number | null, on: boolean}} Heard  what one that follows is told
 */

const FIRST_WAIT = 500; // ms until a lost server is asked again; longer each time
const LONGEST_WAIT = 15000;
const SIGN_OF_LIFE = 5000; // ms
const BETWEEN = 100; // ms, at the least, from one message to the next

/** A socket that is opened again when it is lost, until the server refuses. */
class Line {
  #wait = FIRST_WAIT;
  /** @type {Socket | null} */
  #socket = null;
  #abort = new AbortController();

  /** @param {string} base @param {string} path */
  constructor(base, path) {
    this.address = socketAddress(`${base}/api/presentations/${path}`);
  }

  get closed() {
    return this.#abort.signal.aborted;
  }

  /** Its answer; null if the connection was lost, some time later. Throws what it refuses. @param {object} question */
  async ask(question) {
    try {
      this.#socket ??= new Socket(this.address);
      const answer = JSON.parse(await this.#socket.ask(question));
      this.#wait = FIRST_WAIT;
      return answer;
    } catch (error) {
      this.#socket = null;
      if (error instanceof Refused) throw error;
      if (!this.closed) await this.rest(this.#wait);
      this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
      return null;
    }
  }

  /** @param {number} ms */
  rest(ms) {
    return pause(ms, this.#abort.signal);
  }

  close() {
    this.#abort.abort();
    this.#socket?.close();
  }
}

/** Tells the epoch of a page that presents. */
export class Leader {
  /** @type {Line} */
  #line;
  /** @type {AbortController | null}  ends a rest */
  #resting = null;
  /** @type {number | null} */
  #told = null;

  /**
   * @param {string} base
   * @param {{id: string, key: string}} presentation
   * @param {() => number | null} epoch  where the page is
   * @param {(audience: Audience) => void} heard
   */
  constructor(base, { id, key }, epoch, heard) {
    this.id = id;
    this.#line = new Line(base, `${encodeURIComponent(id)}/lead`);
    this.epoch = epoch;
    this.#run(key, heard).catch((error) => console.warn("epochscope presentation:", error));
  }

  /** @param {string} key @param {(audience: Audience) => void} heard */
  async #run(key, heard) {
    while (!this.#line.closed) {
      const epoch = this.epoch();
      const answer = epoch === null ? null : await this.#line.ask({ key, epoch });
      if (answer) {
        this.#told = epoch;
        heard(answer);
      }
      await this.#line.rest(BETWEEN);
      if (this.epoch() === this.#told && !this.#line.closed) await this.#rest();
    }
  }

  async #rest() {
    this.#resting = new AbortController();
    await pause(SIGN_OF_LIFE, this.#resting.signal);
    this.#resting = null;
  }

  /** To be called when the cursor may have moved. */
  look() {
    if (this.epoch() !== this.#told) this.#resting?.abort();
  }

  close() {
    this.#line.close();
    this.#resting?.abort();
  }
}

/** Hears where a presentation is. */
export class Follower {
  /** @type {Line} */
  #line;

  /**
   * @param {string} base
   * @param {string} id
   * @param {(heard: Heard | null) => void} heard  null: the connection was lost
   * @param {(why: string) => void} refused
   */
  constructor(base, id, heard, refused) {
    this.#line = new Line(base, `${encodeURIComponent(id)}/follow`);
    this.#run(heard).catch((error) => refused(error.message));
  }

  /** @param {(heard: Heard | null) => void} heard */
  async #run(heard) {
    let version = 0;
    while (!this.#line.closed) {
      const answer = await this.#line.ask({ heard: version });
      if (this.#line.closed) return;
      version = answer?.version ?? 0;
      heard(answer);
    }
  }

  close() {
    this.#line.close();
  }
}
