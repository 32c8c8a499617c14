/**
 * The browser's side of a lab's session: the last answer of the server. Panels listen, and send what a person does.
 * One request at a time: what happens meanwhile is sent together once the answer has arrived.
 */
import { languageCode, tr } from "../data/language.js";
import { socketAddress } from "../runtime/http_source.js";
import { stats } from "../runtime/stats.js";
import { pause } from "../runtime/time.js";

/** @import { Message, Listener, StageEvent } from "../runtime/store.js" */

/**
 * @typedef {object} Widget
 * @property {string} key
 * @property {string} label
 * @property {string} look
 * @property {string} [help]
 * @property {string[]} [options]
 * @property {string[]} [titles]  of the options, where they are others
 * @property {string} [value]
 *
 * @typedef {object} Handle  what a person can drag in a chart
 * @property {number} x
 * @property {number} y
 * @property {string} name
 * @property {string} color
 * @property {string} shape
 * @property {string} [letter]
 * @property {boolean} [may_go]  whether it can be removed
 *
 * @typedef {[says: string, holds: boolean, off: string]} Claim
 *
 * @typedef {object} Answer  of the session on the server (core/epochscope/labs/shared/session.py)
 * @property {string} [waiting]  what it waits for, in words; then there is nothing else
 * @property {number} serial  of the last action that it knows of
 * @property {Widget[]} controls
 * @property {Handle[]} handles
 * @property {boolean} may_add  whether a person may add a point
 * @property {Claim[]} claims
 * @property {Record<string, string[]>} lines  of text, by panel
 * @property {string} variant
 * @property {boolean} playing  whether it is running, step by step
 * @property {Record<string, string | null>} address  entries of the address line that restore it
 * @property {Record<string, any>} figures  those that have changed, by panel
 *
 * @typedef {object} Action  what a person did
 * @property {Record<string, string>} [set]  controls
 * @property {string} [press]  a button
 * @property {number[][]} [xy]  where the handles are
 * @property {number[]} [add]
 * @property {number} [remove]
 * @property {boolean} [step]
 */

const BEAT = 120; // ms between two steps of something that runs
const REST = 700; // ms without news after which the address line is brought up to date, and Plotly draws
const BREATH = 30; // ms between two of its drawings
const FIRST_WAIT = 500; // ms until a lost server is asked again; longer each time
const LONGEST_WAIT = 15000;
const HEALTHY = 5000; // ms that a connection lasted that was a good one

/** @type {Map<string, LabSession>} */
const sessions = new Map();

/** Whether an action is of this kind alone. @param {Action} action @param {keyof Action} kind */
const isOnly = (action, kind) => action[kind] !== undefined && Object.keys(action).length === 1;

export class LabSession {
  /** @type {WebSocket | null} */
  #socket = null;
  #serial = 0; // of the last action
  /** @type {Action[]}  that have not been sent yet */
  #waiting = [];
  #asked = false; // whether an answer is awaited
  #gone = false;
  /** @type {Map<object, () => Promise<void>>}  tasks to run once nothing moves */
  #tasks = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #nextStep;
  /** @type {() => void} */
  #begin;

  /** @param {string} base @param {string} name */
  constructor(base, name) {
    this.base = base;
    this.name = name;
    this.run = "lab"; // in the name of a picture that is kept
    this.title = "";
    this.current = null; // a lab has no epochs
    /** @type {Answer | null} */
    this.answer = null;
    /** @type {Message} */
    this.message = { text: "", kind: "" };
    /** @type {Record<string, any>}  by panel, as they were last sent */
    this.figures = {};
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    /** Kept with the first answer. */
    this.begun = promise;
    this.#begin = resolve;
    this.#connect();
  }

  /** Registers a panel; returns the function that removes it. @param {Listener} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      setTimeout(() => this.#listeners.size || this.#close(), 0); // the next page may bring its panels at once
    };
  }

  /** @param {StageEvent} event */
  #emit(event) {
    for (const listener of this.#listeners) listener(event);
  }

  /** Sends what a person did, once the answer to the last is there. @param {Action} action */
  send(action) {
    this.#serial++;
    clearTimeout(this.#resting);
    const last = this.#waiting.at(-1);
    if (last && isOnly(last, "set") && isOnly(action, "set")) Object.assign(last.set ?? {}, action.set);
    else if (last && isOnly(last, "xy") && isOnly(action, "xy")) last.xy = action.xy;
    else this.#waiting.push(structuredClone(action));
    this.#ask();
  }

  #ask() {
    if (this.#asked || !this.answer || this.#socket?.readyState !== WebSocket.OPEN) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#asked = true;
    this.#socket.send(JSON.stringify({ ...next, serial: this.#serial - this.#waiting.length }));
  }

  /** @param {Answer} answer */
  #receive(answer) {
    if (answer.waiting) {
      if (!this.answer) this.#setMessage(answer.waiting, "wait");
      return;
    }
    if (this.message.text) this.#setMessage("");
    this.#asked = false;
    Object.assign(this.figures, answer.figures);
    this.answer = answer;
    this.#begin();
    document.documentElement.dataset.esVariant = answer.variant;
    this.#emit("answer");
    // all pictures of it are on the screen
    requestAnimationFrame(() => setTimeout(() => stats.answers++, 0));
    this.#ask();
    clearTimeout(this.#nextStep);
    if (answer.playing) this.#nextStep = setTimeout(() => this.send({ step: true }), BEAT);
    this.#restSoon();
  }

  /**
   * Runs a task of a panel once nothing has moved for a while; of each panel only the last one.
   * @param {object} who
   * @param {() => Promise<void>} task
   */
  whenAtRest(who, task) {
    this.#tasks.set(who, task);
    this.#restSoon();
  }

  #restSoon() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), REST);
  }

  /** Runs the tasks one by one, until something moves again. */
  async #rest() {
    this.#updateAddress();
    const serial = this.#serial;
    for (const [who, task] of this.#tasks) {
      if (this.#serial !== serial || this.#gone) return;
      this.#tasks.delete(who);
      await task();
      await pause(BREATH);
    }
  }

  /** Whether the last answer covers everything that a person has done. */
  get settled() {
    return this.answer?.serial === this.#serial;
  }

  /** @param {string} text @param {Message["kind"]} kind */
  #setMessage(text, kind = "") {
    this.message = { text, kind };
    this.#emit("message");
  }

  /** Writes into the address line what restores this session. */
  #updateAddress() {
    clearTimeout(this.#resting);
    if (!this.answer || !this.#listeners.size) return;
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(this.answer.address)) {
      if (value === null) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  async #connect() {
    for (let wait = FIRST_WAIT; !this.#gone; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      const began = performance.now();
      const reason = await this.#talk();
      if (this.#gone) return;
      if (performance.now() - began > HEALTHY) wait = FIRST_WAIT;
      if (reason) this.#setMessage(reason, "error");
      else this.#setMessage(tr("Connecting ..."), "wait");
      await pause(wait);
    }
  }

  /** One connection, to its end; why the server closed it, if it said so. @returns {Promise<string>} */
  #talk() {
    this.#updateAddress();
    return new Promise((done) => {
      const socket = new WebSocket(socketAddress(`${this.base}/api/labs/${this.name}?${this.#search()}`));
      this.#socket = socket;
      // a new session on the server, restored from the address line
      this.#asked = false;
      this.#serial = 0;
      this.#waiting = [];
      socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
      socket.onclose = ({ reason }) => done(reason);
    });
  }

  /** What the address line says, and the language in which the lab is to answer. */
  #search() {
    const search = new URLSearchParams(location.search);
    search.set("lang", languageCode());
    return search;
  }

  #close() {
    this.#gone = true;
    clearTimeout(this.#nextStep);
    clearTimeout(this.#resting);
    this.#socket?.close();
    if (sessions.get(this.name) === this) sessions.delete(this.name);
    delete document.documentElement.dataset.esVariant;
  }
}

/** The session of a lab; a new one if the last was closed. @param {string} base @param {string} name */
export function labSession(base, name) {
  let session = sessions.get(name);
  if (!session) {
    session = new LabSession(base, name);
    sessions.set(name, session);
  }
  return session;
}
