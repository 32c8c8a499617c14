/** How far the points of a frame can be trusted: the server is asked once for each frame that is colored by it. */

/**
 * @typedef {object} FrameTrust
 * @property {(number | null)[]} values  of the first points: 0 to 255
 * @property {number | null} mean
 * @property {number} of  points it was computed of
 * @property {number} neighbors
 * @property {number[]} stretched  ends of the longest stretched pairs: i0 j0 i1 j1 ...
 * @property {number} all_stretched  how many such pairs there are
 *
 * @typedef {{get: (path: string) => Promise<Response>, emit: (event: "view") => void}} TrustSource  the store
 */

const MOST = 64; // frames whose answers are kept

/** @type {WeakMap<object, FrameTrusts>} */
const ofStores = new WeakMap();

/** What is known of the frames of a run. @param {TrustSource} store */
export function trustsOf(store) {
  let trusts = ofStores.get(store);
  if (!trusts) {
    trusts = new FrameTrusts(store);
    ofStores.set(store, trusts);
  }
  return trusts;
}

export class FrameTrusts {
  /** @type {Map<string, FrameTrust | null>}  null: there is none */
  #known = new Map();
  /** @type {{key: string, path: string} | null} */
  #wanted = null;
  #asking = false;

  /** @param {TrustSource} store */
  constructor(store) {
    this.store = store;
  }

  /**
   * Of a frame; undefined while it is on its way, null where there is no answer.
   * @param {string | null} projection
   * @param {number} epoch
   */
  at(projection, epoch) {
    if (projection === null) return null;
    const query = new URLSearchParams({ epoch: `${epoch}`, projection });
    const key = `${query}`;
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#wanted = { key, path: `trust?${query}` };
      this.#ask();
    }
    return known;
  }

  /** One question at a time; of what is wanted meanwhile, the last. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted) {
      const { key, path } = this.#wanted;
      this.#wanted = null;
      try {
        const response = await this.store.get(path);
        const answer = response.ok ? await response.json() : null;
        this.#known.set(key, answer?.values ? answer : null);
        for (const old of [...this.#known.keys()].slice(0, -MOST)) this.#known.delete(old);
        this.store.emit("view");
      } catch {
        break; // the server is away: asked again when something changes
      }
    }
    this.#asking = false;
  }
}
