/** The socket of a phone: opened again when it is lost, until the server refuses (core/epochscope/server/lessons.py). */

const FIRST_WAIT = 500; // ms until a lost server is asked again; longer each time
const LONGEST_WAIT = 5000;
const SILENCE = 45000; // ms without news after which a socket counts as dead; the server speaks every 20 s
const TRY_AGAIN_LATER = 1013; // code of a closed socket
const REFUSED = [1008, 1009];

/**
 * @typedef {object} Ends
 * @property {(told: any) => void} heard
 * @property {(why: string) => void} lost  it is tried again
 * @property {(why: string) => void} refused  it is not
 */

export class Line {
  #wait = FIRST_WAIT;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {object[]}  said while there was no connection */
  #unsaid = [];
  #over = false;

  /** @param {URL} address @param {Ends} ends @param {(address: URL) => WebSocket} [open] */
  constructor(address, ends, open = (one) => new WebSocket(one)) {
    this.address = address;
    this.ends = ends;
    this.open = open;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = this.open(this.address);
    this.#socket = socket;
    socket.onopen = () => {
      for (const message of this.#unsaid.splice(0)) socket.send(JSON.stringify(message));
    };
    socket.onmessage = ({ data }) => {
      this.#wait = FIRST_WAIT;
      this.#await(SILENCE);
      this.ends.heard(JSON.parse(data));
    };
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#await(SILENCE);
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#socket = null;
    if (this.#over) return;
    if (reason && REFUSED.includes(code)) {
      this.close();
      this.ends.refused(reason);
      return;
    }
    this.ends.lost(code === TRY_AGAIN_LATER ? reason : "");
    this.#await(this.#wait * (0.5 + Math.random())); // a hundred phones do not come back at once
    this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
  }

  /** Connects again after some time, unless there is news before. @param {number} ms */
  #await(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.again(), ms);
  }

  /** Connects again at once. */
  again() {
    if (this.#over) return;
    if (this.#socket) {
      this.#socket.onclose = this.#socket.onmessage = null;
      this.#socket.close();
    }
    this.#connect();
  }

  get connected() {
    return this.#socket?.readyState === 1;
  }

  /** How much is said once there is a connection. */
  get unsaid() {
    return this.#unsaid.length;
  }

  /** Says something, as soon as there is a connection: whoever has something to say waits no longer for one. @param {object} message */
  say(message) {
    if (this.connected) {
      this.#socket?.send(JSON.stringify(message));
      return;
    }
    this.#unsaid = [...this.#unsaid, message].slice(-5);
    if (!this.#socket) this.again();
    this.ends.lost("");
  }

  close() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }
}
