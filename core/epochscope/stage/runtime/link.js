/**
 * Loads a run from the server into its store: first over HTTP what exists, then over a WebSocket what is new.
 * The client asks after it has painted, and never has two questions in flight, so nothing piles up.
 */
import { decode } from "../data/bundle.js";
import { nextPaint, pause } from "./time.js";

/** @import { Counts } from "./run_data.js" */
/** @import { Store } from "./store.js" */
/** @import { RunStatus } from "../data/types.js" */

const SILENCE = 30000; // ms without an answer after which a socket counts as dead
const FIRST_WAIT = 500; // ms until a lost server is asked again; longer each time
const LONGEST_WAIT = 15000;
const TRY_AGAIN_LATER = 1013; // code of a closed socket

/** The server refuses; asking again soon would not help. */
class Refused extends Error {}
/** The server is there, the run has not begun. */
class Waiting extends Error {}
/** The server is there, and takes no more viewers for now. */
class Busy extends Error {}
/** The run ended before its data were loaded. */
class Ended extends Error {
  /** @param {string} why @param {RunStatus} status */
  constructor(why, status) {
    super(why);
    this.status = status;
  }
}

/** A socket ended. */
class Cut extends Error {}

/** The message for the store about a failed request. @param {unknown} error */
function explained(error) {
  if (error instanceof Refused) return /** @type {const} */ ({ text: error.message, kind: "error" });
  if (error instanceof Waiting || error instanceof Busy)
    return /** @type {const} */ ({ text: error.message, kind: "wait" });
  return /** @type {const} */ ({ text: "Connecting ...", kind: "wait" });
}

/** The address of a socket. @param {string} path */
export function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address;
}

/** One projection of one run (or none, for pages that show curves only). */
export class Link {
  #abort = new AbortController();
  /** @type {WebSocket | null} */
  #socket = null;

  /**
   * @param {Store} store
   * @param {string | null} projection
   */
  constructor(store, projection) {
    this.store = store;
    this.projection = projection;
    this.done = false;
    this.refused = false; // and rests
    this.#run();
  }

  close() {
    this.#abort.abort();
    this.#closeSocket();
  }

  #closeSocket() {
    this.#socket?.close();
    this.#socket = null;
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
        const healthy = () => {
          wait = FIRST_WAIT;
          answered = true;
        };
        if (this.store.live && !this.#closed) await this.#listen(healthy);
        this.done = !this.store.live;
      } catch (error) {
        if (this.#closed) return;
        this.#closeSocket();
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

  /** @param {string} path @param {AbortSignal} [signal] */
  async #get(path, signal) {
    const response = await fetch(this.store.url(path), { signal });
    if (response.status === 403) throw new Refused("The server refuses to show this run here.");
    if (response.status === 404) {
      const { error } = await response.json().catch(() => ({}));
      throw new Refused(error ?? "This run is no longer there.");
    }
    if (response.status === 503) throw new Busy((await response.json().catch(() => ({}))).error ?? "Connecting ...");
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
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
      while (!this.#closed) {
        const asked = this.#counts();
        const query = new URLSearchParams({
          epochs: `${asked.epochs}`,
          projection: this.projection ?? "",
          frames: `${asked.frames}`,
        });
        const response = await this.#get(`bundle?${query}`, this.#abort.signal);
        if (!this.#receive(await response.arrayBuffer(), asked)) break;
      }
      if (!this.#closed) store.setMessage("");
    } finally {
      resolve();
    }
  }

  /** What holds for the whole run is asked for once, whichever link needs it. */
  async #learn() {
    const { store } = this;
    store.askingForInfo ??= this.#get("info")
      .then((response) => response.json())
      .finally(() => {
        store.askingForInfo = null;
      });
    const info = await store.askingForInfo;
    if (info.waiting) throw new Waiting(info.waiting);
    if (info.ended) throw new Ended(info.ended, info.status);
    store.setInfo(info);
  }

  /** @returns {Counts} */
  #counts() {
    return { epochs: this.store.received, frames: this.store.framesOf(this.projection)?.received ?? 0 };
  }

  /**
   * Hands a message to the store; says whether there was anything new in it.
   * @param {ArrayBuffer} buffer
   * @param {Counts} asked
   */
  #receive(buffer, asked) {
    if (this.#closed) return false;
    let bundle;
    try {
      bundle = decode(buffer);
    } catch (error) {
      throw new Refused(error instanceof Error ? error.message : String(error));
    }
    this.store.receive(bundle, asked, this.projection);
    return bundle.epochs.length + bundle.frames.length > 0;
  }

  /** @param {() => void} healthy  called when an answer came  @returns {Promise<void>} */
  #listen(healthy) {
    const { store } = this;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(socketAddress(store.url("live")));
      socket.binaryType = "arraybuffer";
      this.#socket = socket;
      let asked = this.#counts();
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let watch;
      /** @param {unknown} [error] */
      const end = (error) => {
        clearTimeout(watch);
        socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        if (this.#socket === socket) this.#socket = null;
        if (error) reject(error);
        else resolve();
      };
      const ask = async () => {
        await nextPaint();
        if (socket.readyState !== WebSocket.OPEN) return;
        asked = this.#counts();
        socket.send(JSON.stringify({ epochs: asked.epochs, projection: this.projection, frames: asked.frames }));
        clearTimeout(watch);
        watch = setTimeout(() => end(new Cut("silence")), SILENCE);
      };
      socket.onopen = () => {
        store.setMessage("");
        ask();
      };
      socket.onmessage = (message) => {
        try {
          clearTimeout(watch);
          healthy();
          this.#receive(message.data, asked);
          if (store.live) ask();
          else end();
        } catch (error) {
          end(error);
        }
      };
      socket.onclose = ({ code, reason }) => {
        const why = code === TRY_AGAIN_LATER ? new Busy(reason) : new Refused(reason);
        end(this.#closed ? undefined : reason ? why : new Cut("closed"));
      };
    });
  }
}
