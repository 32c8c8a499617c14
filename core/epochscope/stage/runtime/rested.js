/** An answer to a question that changes while a person moves something: asked once it rests, the last answer is kept. */

const REST = 120; // ms

/**
 * @template {Record<string, string | number>} W  what is asked
 * @template T  an answer as it is used
 */
export class Rested {
  /** What was answered last, and to which question. @type {{wanted: W, key: string, value: T} | null} */
  known = null;
  #asked = "";
  #refused = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /**
   * @param {string} name  of the question
   * @param {(path: string) => Promise<Response>} get
   * @param {(answer: any) => T | null} read  null: the answer is none
   * @param {() => void} arrived  called when there is an answer, or none will come
   */
  constructor(name, get, read, arrived) {
    this.name = name;
    this.get = get;
    this.read = read;
    this.arrived = arrived;
  }

  /**
   * Whether the last answer is the one to this question; asks for it if not, unless that was refused.
   * @param {W} wanted
   * @returns {{exact: boolean, waits: boolean}}
   */
  want(wanted) {
    const key = JSON.stringify(wanted);
    const exact = this.known?.key === key;
    if (!exact && key !== this.#asked && key !== this.#refused) {
      this.#asked = key;
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.#ask(wanted, key), REST);
    }
    return { exact, waits: !exact && key !== this.#refused };
  }

  /** @param {W} wanted @param {string} key */
  async #ask(wanted, key) {
    const query = new URLSearchParams(Object.entries(wanted).map(([name, value]) => [name, `${value}`]));
    /** @type {T | null} */
    let value = null;
    try {
      const response = await this.get(`${this.name}?${query}`);
      if (response.ok) value = this.read(await response.json());
    } catch {
      value = null; // where there is no server, or it is away, what is here has to do
    }
    if (key !== this.#asked) return; // something else is wanted by now
    this.#asked = "";
    if (value === null) this.#refused = key;
    else this.known = { wanted, key, value };
    this.arrived();
  }

  /** Asks no more. */
  stop() {
    clearTimeout(this.#later);
    this.#asked = "";
  }
}
