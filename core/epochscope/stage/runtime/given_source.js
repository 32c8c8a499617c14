/**
 * Runs without a server: a host (a notebook's kernel, a file) hands over the bytes. Bundles come when the host has
 * them, whether or not it heard what was asked: the kernel of a notebook is deaf while a cell runs.
 */

/**
 * @import { Counts } from "./run_data.js"
 * @import { Answer, Question, Source, Updates } from "./source.js"
 *
 * @typedef {object} Host
 * @property {(question: Question & {now: boolean}) => void} want  says what is needed next. `now`: an answer is due even
 *   if there is nothing new
 * @property {(path: string) => Promise<Response>} get  what holds for a run, or for one of its epochs
 *
 * @typedef {object} Given  a bundle, numbered in the order of time
 * @property {number} number
 * @property {string} projection
 * @property {Counts} from  what it comes after
 * @property {Counts} to  what a viewer has with it
 * @property {ArrayBuffer} message
 */

const MOST = 64; // bundles that wait to be taken; of more, the oldest are asked for again

/** @implements {Source} */
export class GivenSource {
  ownsPage = false;
  /** @type {Given[]} */
  #given = [];
  /** @type {Set<() => void>} */
  #waiting = new Set();
  /** @type {Map<string, number>}  projection -> number of the last bundle that was taken */
  #taken = new Map();

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
  }

  /** @param {string} _run @param {string} path */
  get(_run, path) {
    return this.host.get(path);
  }

  /** Hands a bundle over. @param {Given} bundle */
  give(bundle) {
    if (this.#given.some(({ number }) => number === bundle.number)) return;
    this.#given.push(bundle);
    this.#given.sort((a, b) => a.number - b.number);
    if (this.#given.length > MOST) this.#given.shift();
    for (const look of this.#waiting) look();
  }

  /**
   * The next bundle that continues what a viewer has; what is no longer of use is forgotten.
   * @param {Question} question
   */
  take({ epochs, frames, projection }) {
    const name = projection ?? "";
    const taken = this.#taken.get(name) ?? -1;
    this.#given = this.#given.filter((one) => one.projection !== name || one.number > taken);
    const known = this.#given.filter((one) => one.projection === name);
    const found = known.find(
      (one, i) =>
        one.from.epochs <= epochs &&
        one.from.frames <= frames &&
        (one.to.epochs > epochs || one.to.frames > frames || i === known.length - 1), // the last has the state of the run
    );
    if (found) this.#taken.set(name, found.number);
    return found ?? null;
  }

  /** @param {string} _run @returns {Updates} */
  updates(_run) {
    /** @type {(() => void) | null} */
    let leave = null;
    /** @type {(question: Question, now: boolean) => Promise<Answer>} */
    const answer = (question, now) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = this.take(question);
          if (!found) return false;
          this.#waiting.delete(look);
          resolve({ message: found.message, asked: found.from });
          return true;
        };
        if (look()) return;
        this.#waiting.add(look);
        leave = () => {
          this.#waiting.delete(look);
          reject(new Error("closed"));
        };
        this.host.want({ ...question, now });
      });
    return {
      existing: (question) => answer(question, true),
      next: (question) => answer(question, false),
      close: () => leave?.(),
    };
  }
}
