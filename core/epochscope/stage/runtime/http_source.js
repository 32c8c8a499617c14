/** Runs from a server: over HTTP what exists, over a WebSocket what is new. */
import { accepted, Busy, Cut, Refused } from "./errors.js";

/** @import { Answer, Question, Source, Updates } from "./source.js" */

const SILENCE = 30000; // ms without an answer after which a socket counts as dead
const TRY_AGAIN_LATER = 1013; // code of a closed socket

/** The address of a socket. @param {string} path */
export function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address;
}

/** @implements {Source} */
export class HttpSource {
  ownsPage = true;

  /** @param {string} base  of all addresses */
  constructor(base) {
    this.base = base;
  }

  /** @param {string} run @param {string} path */
  url(run, path) {
    return `${this.base}/api/runs/${encodeURIComponent(run)}/${path}`;
  }

  /** @param {string} run @param {string} path @param {AbortSignal} [signal] */
  get(run, path, signal) {
    return fetch(this.url(run, path), { signal });
  }

  /** @param {string} run */
  updates(run) {
    return new HttpUpdates(this, run);
  }
}

/** @implements {Updates} */
class HttpUpdates {
  #abort = new AbortController();
  /** @type {Socket | null} */
  #socket = null;

  /** @param {HttpSource} source @param {string} run */
  constructor(source, run) {
    this.source = source;
    this.run = run;
  }

  /** @param {Question} question @param {number} [first] @returns {Promise<Answer>} */
  async existing({ epochs, projection, frames }, first) {
    this.#hangUp(); // what exists is asked for before what is new
    const has = { epochs: `${epochs}`, projection: projection ?? "", frames: `${frames}` };
    const query = new URLSearchParams({ ...has, apart: "true" });
    if (first !== undefined) query.set("at", `${first}`);
    const response = await accepted(await this.source.get(this.run, `bundle?${query}`, this.#abort.signal));
    return { message: await response.arrayBuffer(), asked: { epochs, frames } };
  }

  /** @param {Question} question @returns {Promise<Answer>} */
  async next(question) {
    this.#socket ??= new Socket(socketAddress(this.source.url(this.run, "live")));
    return { message: await this.#socket.ask({ ...question, apart: true }), asked: question };
  }

  #hangUp() {
    this.#socket?.close();
    this.#socket = null;
  }

  close() {
    this.#abort.abort();
    this.#hangUp();
  }
}

/** A WebSocket that answers questions, one after the other. */
export class Socket {
  /** @type {((error: Error) => void) | null}  ends the question on its way */
  #fail = null;

  /** @param {URL} address */
  constructor(address) {
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.opened = new Promise((resolve) => {
      this.socket.onopen = resolve;
    });
    this.socket.onclose = ({ code, reason }) => {
      const why = code === TRY_AGAIN_LATER ? new Busy(reason) : new Refused(reason);
      this.#end(reason ? why : new Cut("closed"));
    };
  }

  /** The answer, bytes or text. @param {object} question @returns {Promise<any>} */
  ask(question) {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState > WebSocket.OPEN) return reject(new Cut("closed"));
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let watch;
      this.#fail = (error) => {
        clearTimeout(watch);
        this.#fail = null;
        reject(error);
      };
      this.socket.onmessage = ({ data }) => {
        clearTimeout(watch);
        this.#fail = null;
        resolve(data);
      };
      this.opened.then(() => {
        if (this.socket.readyState !== WebSocket.OPEN) return;
        this.socket.send(JSON.stringify(question));
        watch = setTimeout(() => this.close("silence"), SILENCE);
      });
    });
  }

  /** @param {Error} error */
  #end(error) {
    this.#fail?.(error);
  }

  close(why = "closed") {
    this.#end(new Cut(why));
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
