/**
 * Brings a run from the server into its store: first over HTTP what there is, then over a WebSocket what comes.
 * The client asks after it has painted, and never has two questions in flight, so nothing piles up.
 */
import { decode } from "../data/bundle.js";

const SILENCE = 30000; // ms without an answer after which a socket counts as dead
/** Waits, at most until `signal` says stop. */
export const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));

class Refused extends Error {}
class Waiting extends Error {}

/** One projection of one run (or none, for pages that show curves only). */
export class Link {
  constructor(store, projection) {
    this.store = store;
    this.projection = projection;
    this.abort = new AbortController();
    this.socket = null;
    this.done = false;
    this.#run();
  }

  close() {
    this.abort.abort();
    this.socket?.close();
    this.socket = null;
  }

  get #closed() {
    return this.abort.signal.aborted;
  }

  async #run() {
    let wait = 500;
    while (!this.#closed && !this.done) {
      try {
        await this.#catchUp();
        if (this.store.live && !this.#closed) await this.#listen(() => (wait = 500));
        this.done = !this.store.live;
      } catch (error) {
        if (this.#closed) return;
        this.socket?.close();
        this.socket = null;
        const final = error instanceof Refused;
        const waiting = error instanceof Waiting; // the server is there, the run has not begun
        this.store.note(final || waiting ? error.message : "Connecting ...", final ? "error" : "wait");
        if (waiting) wait = 200;
        await pause(final ? 15000 : wait * (0.8 + 0.4 * Math.random()), this.abort.signal);
        wait = Math.min(15000, wait * 2);
      }
    }
  }

  async #get(path, signal) {
    const response = await fetch(this.store.url(path), { signal });
    if (response.status === 403) throw new Refused("The server refuses to show this run here.");
    if (response.status === 404) {
      const { error } = await response.json().catch(() => ({}));
      throw new Refused(error ?? "This run is no longer there.");
    }
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  }

  async #catchUp() {
    const { store } = this;
    const turn = store.turn; // one after the other, so that no epoch is fetched twice
    let next;
    store.turn = new Promise((done) => (next = done));
    await turn;
    try {
      if (!store.info) {
        store.asking ??= this.#get("info")
          .then((response) => response.json())
          .finally(() => (store.asking = null));
        const info = await store.asking; // asked once, whichever link needs it
        if (info.waiting) throw new Waiting(info.waiting);
        if (info.ended) throw new Refused(info.ended);
        store.learn(info);
      }
      for (;;) {
        if (this.#closed) return;
        const asked = this.#counts();
        const query = new URLSearchParams({
          epochs: asked.epochs,
          projection: this.projection ?? "",
          frames: asked.frames,
        });
        const response = await this.#get(`bundle?${query}`, this.abort.signal);
        if (!this.#take(await response.arrayBuffer(), asked)) break;
      }
      store.note("");
    } finally {
      next();
    }
  }

  #counts() {
    return { epochs: this.store.received, frames: this.store.framesOf(this.projection)?.received ?? 0 };
  }

  /** Hands a message to the store; says whether there was anything new in it. */
  #take(buffer, asked) {
    if (this.#closed) return false;
    const bundle = decode(buffer);
    this.store.take(bundle, asked, this.projection);
    return bundle.epochs.length + bundle.frames.length > 0;
  }

  #listen(healthy) {
    const { store } = this;
    return new Promise((resolve, reject) => {
      const address = new URL(store.url("live"), location.href);
      address.protocol = address.protocol.replace("http", "ws");
      const socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      this.socket = socket;
      let asked = null;
      let watch = 0;
      const end = (how, why) => {
        clearTimeout(watch);
        socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        if (this.socket === socket) this.socket = null;
        how(why);
      };
      const ask = async () => {
        await painted(); // stops by itself while the page is hidden
        if (socket.readyState !== WebSocket.OPEN) return;
        asked = this.#counts();
        socket.send(JSON.stringify({ epochs: asked.epochs, projection: this.projection, frames: asked.frames }));
        clearTimeout(watch);
        watch = setTimeout(() => end(reject, new Error("silence")), SILENCE);
      };
      socket.onopen = () => {
        store.note("");
        ask();
      };
      socket.onmessage = (message) => {
        try {
          clearTimeout(watch);
          healthy();
          this.#take(message.data, asked);
          if (store.live) ask();
          else end(resolve);
        } catch (error) {
          end(reject, error);
        }
      };
      socket.onclose = () => (this.#closed ? end(resolve) : end(reject, new Error("closed")));
      socket.onerror = () => {};
    });
  }
}
