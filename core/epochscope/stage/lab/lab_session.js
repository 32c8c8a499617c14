/**
 * What the page knows of a lab: the last answer of its desk on the server. Panels listen, and tell it what a person does.
 * One question at a time: what happens meanwhile is told together once the answer is there.
 */
import { pause } from "../runtime/link.js";
import { stats } from "../runtime/store.js";

const BEAT = 120; // ms between two steps of something that runs
const REST = 700; // ms without news after which the address line is brought up to date, and Plotly draws
const BREATH = 30; // ms between two of its drawings

const labs = new Map();

export class Lab {
  constructor(base, name) {
    Object.assign(this, { base, name, run: "lab", current: null, answer: null });
    this.message = { text: "", kind: "" };
    this.figures = {}; // key of a panel -> the figure as it was last sent
    this.serial = 0; // of what a person did last
    this.waiting = []; // what has not been told yet
    this.asked = false; // whether an answer is awaited
    this.tasks = new Map();
    this.listeners = new Set();
    this.begun = new Promise((done) => (this.begin = done));
    this.#connect();
  }

  join(listener) {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      setTimeout(() => this.listeners.size || this.#close(), 0); // the next page may bring its panels at once
    };
  }

  wake() {}

  obey() {}

  /** What a person did: {set: {key: text}}, {press: key}, {xy: [...], add, remove}. */
  tell(event) {
    this.serial++;
    clearTimeout(this.resting);
    const last = this.waiting.at(-1);
    const only = (kind) => [last, event].every((one) => one?.[kind] && Object.keys(one).length === 1);
    if (only("set")) Object.assign(last.set, event.set);
    else if (only("xy")) last.xy = event.xy;
    else this.waiting.push(structuredClone(event));
    this.#ask();
  }

  #ask() {
    if (this.asked || !this.waiting.length || this.socket?.readyState !== WebSocket.OPEN || !this.answer) return;
    const next = this.waiting.shift();
    this.asked = true;
    this.socket.send(JSON.stringify({ ...next, serial: this.serial - this.waiting.length }));
  }

  #take(answer) {
    if (answer.waiting) return this.answer || this.#note(answer.waiting, "wait");
    if (this.message.text) this.#note("");
    this.asked = false;
    Object.assign(this.figures, answer.figures);
    this.answer = answer;
    this.begin();
    document.documentElement.dataset.esVariant = answer.variant;
    for (const listener of this.listeners) listener("answer");
    requestAnimationFrame(() => setTimeout(() => (stats.answers += 1), 0)); // all pictures of it are on the screen
    this.#ask();
    clearTimeout(this.next);
    if (answer.playing) this.next = setTimeout(() => this.tell({ step: true }), BEAT);
    this.#soon();
  }

  /** Lets somebody do something once nothing has moved for a while; only the last thing of each. */
  whenAtRest(who, task) {
    this.tasks.set(who, task);
    this.#soon();
  }

  #soon() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#rest(), REST);
  }

  /** One thing after the other, until somebody moves something again. */
  async #rest() {
    this.#keep();
    const { serial } = this;
    for (const [who, task] of this.tasks) {
      if (this.serial !== serial || this.gone) return;
      this.tasks.delete(who);
      await task();
      await pause(BREATH);
    }
  }

  /** Whether the last answer knows of everything that a person has done. */
  get settled() {
    return this.answer?.serial === this.serial;
  }

  #note(text, kind = "") {
    this.message = { text, kind };
    for (const listener of this.listeners) listener("note");
  }

  /** Writes into the address line what sets this desk up again. */
  #keep() {
    clearTimeout(this.resting);
    if (!this.answer || !this.listeners.size) return;
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(this.answer.address)) {
      if (value === null) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  async #connect() {
    for (let wait = 500; !this.gone; wait = Math.min(15000, wait * 2)) {
      const began = performance.now();
      await this.#talk();
      if (this.gone) return;
      if (performance.now() - began > 5000) wait = 500;
      this.#note("Connecting ...", "wait");
      await pause(wait);
    }
  }

  /** One connection, to its end. */
  #talk() {
    this.#keep();
    const address = new URL(`${this.base}/api/labs/${this.name}${location.search}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    return new Promise((done) => {
      const socket = (this.socket = new WebSocket(address));
      Object.assign(this, { asked: false, serial: 0, waiting: [] }); // a new desk, set up by the address line
      socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
      socket.onclose = ({ code, reason }) => {
        if (code === 1011 && reason) this.#note(reason, "error");
        done();
      };
    });
  }

  #close() {
    this.gone = true;
    clearTimeout(this.next);
    clearTimeout(this.resting);
    this.socket?.close();
    if (labs.get(this.name) === this) labs.delete(this.name);
    delete document.documentElement.dataset.esVariant;
  }
}

/** The lab of that name; a new one where the last was left. */
export function labOf(base, name) {
  if (!labs.has(name)) labs.set(name, new Lab(base, name));
  return labs.get(name);
}
