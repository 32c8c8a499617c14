/** The links of a store: one for each projection that a panel needs, or one without, where panels show curves only. */
import { Link } from "./link.js";

/** @import { Store } from "./store.js" */

const SETTLE = 20; // ms in which panels that mount together count as one change

export class LinkPool {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #arranging;
  /** @type {Map<string, number>}  projection -> number of panels */
  #wanted = new Map();

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string | null, Link>}  by projection */
    this.links = new Map();
  }

  /** Counts a panel that needs a projection (or none). @param {string | null} projection */
  add(projection) {
    if (projection) this.#wanted.set(projection, (this.#wanted.get(projection) ?? 0) + 1);
    this.#arrange();
  }

  /** @param {string | null} projection  of a panel that is gone */
  remove(projection) {
    const others = projection ? (this.#wanted.get(projection) ?? 1) - 1 : 0;
    if (projection && others) this.#wanted.set(projection, others);
    else if (projection) this.#wanted.delete(projection);
    this.#arrange();
  }

  /** Opens and closes links so that they are the ones the panels need. */
  #arrange() {
    clearTimeout(this.#arranging);
    if (!this.store.listeners.size) {
      for (const link of this.links.values()) link.close();
      this.links.clear();
      return;
    }
    this.#arranging = setTimeout(() => {
      if (!this.store.listeners.size) return;
      /** @type {(string | null)[]} */
      const keys = this.#wanted.size ? [...this.#wanted.keys()] : [null];
      for (const [key, link] of this.links) {
        if (keys.includes(key)) continue;
        link.close();
        this.links.delete(key);
      }
      for (const key of keys) if (!this.links.has(key)) this.links.set(key, new Link(this.store, key));
    }, SETTLE);
  }

  /** Asks again where everything had been fetched, or the server had refused. */
  renew() {
    for (const [key, link] of this.links) {
      if (!link.done && !link.refused) continue;
      link.close();
      this.links.set(key, new Link(this.store, key));
    }
  }
}
