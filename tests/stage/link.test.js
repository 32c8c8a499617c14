/** The link to the server: sockets that are cut, a server that refuses, a run that never had an epoch. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Store } from "../../core/epochscope/stage/runtime/store.js";

/** @param {object} header */
function bundle(header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length);
  bytes.set(new TextEncoder().encode("EPB1"));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(text, 8);
  return bytes.buffer;
}

const INFO = { run_title: "a", index: [], truth: null, provides: [], channels: {}, line_numbers: {} };

/** A run on a server of which a test decides what it answers. */
class Server {
  epochs = 1;
  /** @type {object} */
  info = INFO;
  /** @type {(string | null)[]}  the epoch that each question for bundles wants first */
  wanted = [];
  piece = Number.POSITIVE_INFINITY; // epochs in one bundle
  status = 200;
  /** @type {FakeSocket[]} */
  sockets = [];
  asked = 0;
  open = true;

  /** What comes after so many epochs. @param {number} known */
  news(known) {
    const epochs = [];
    const end = Math.min(this.epochs, known + this.piece);
    for (let epoch = known; epoch < end; epoch++) epochs.push({ epoch, phase: "cluster", seconds: 1 });
    return bundle({ epochs, live: true, status: { state: "running" } });
  }

  /** Over HTTP: of many epochs the one that is wanted first alone. @param {URLSearchParams} query */
  answered(query) {
    const known = Number(query.get("epochs"));
    if (!query.has("at") || this.epochs - known <= this.piece) return this.news(known);
    const epoch = Math.min(Number(query.get("at")), this.epochs - 1);
    return bundle({
      epochs: [{ epoch, phase: "cluster", seconds: 1 }],
      ahead: true,
      live: true,
      recorded: this.epochs,
    });
  }

  /** @param {string} url */
  async fetch(url) {
    this.asked++;
    if (!this.open) throw new TypeError("fetch failed");
    const path = new URL(url, "http://there").pathname;
    const query = new URL(url, "http://there").searchParams;
    if (path.endsWith("/bundle")) this.wanted.push(query.get("at"));
    const body = path.endsWith("/info") ? JSON.stringify(this.info) : this.answered(query);
    return new Response(this.status === 200 ? body : JSON.stringify({ error: "The server is full." }), {
      status: this.status,
    });
  }
}

class FakeSocket {
  static OPEN = 1;
  /** @type {Server} */
  static server;
  readyState = 0;
  /** @type {any} */
  onopen;
  /** @type {any} */
  onmessage;
  /** @type {any} */
  onclose;

  constructor() {
    FakeSocket.server.sockets.push(this);
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  /** @param {string} text */
  send(text) {
    this.known = JSON.parse(text).epochs;
    if (this.known < FakeSocket.server.epochs) this.answer();
  }

  answer() {
    queueMicrotask(() => this.onmessage?.({ data: FakeSocket.server.news(this.known) }));
  }

  /** As a proxy cuts it. */
  cut(code = 1006, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  close() {
    this.readyState = 3;
  }
}

/** Lets all promises that can be kept be kept. */
const settle = async () => {
  for (let i = 0; i < 40; i++) await new Promise((done) => setImmediate(done));
};

/** @type {Server} */
let server;
/** @type {string[]} */
let messages;
/** @type {(() => void)[]} */
let leave;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = FakeSocket.server = new Server();
  messages = [];
  leave = [];
  Object.assign(globalThis, {
    location: { href: "http://there/" },
    WebSocket: FakeSocket,
    fetch: (/** @type {string} */ url) => server.fetch(url),
    requestAnimationFrame: (/** @type {() => void} */ draw) => setImmediate(draw),
  });
});

afterEach(async () => {
  for (const one of leave) one();
  await settle();
  mock.timers.reset();
});

/** Time passes, in steps in which promises are kept. @param {number} ms */
async function pass(ms) {
  for (let left = ms; left > 0; left -= 10) {
    mock.timers.tick(10);
    await new Promise((done) => setImmediate(done));
  }
  await settle();
}

/** A store with a panel that watches, and what it said. */
async function watched() {
  const store = new Store("", "a");
  leave.push(
    store.subscribe((event) => {
      if (event === "message") messages.push(store.message.text);
    }),
  );
  await pass(100);
  return store;
}

test("a socket that is cut again and again loses nothing, and nobody is told", async () => {
  const store = await watched();
  for (let cut = 0; cut < 20; cut++) {
    server.epochs++;
    const socket = server.sockets.at(-1);
    socket?.answer();
    await pass(100);
    assert.equal(store.epochs.length, server.epochs);
    server.epochs++;
    socket?.cut();
    await pass(100);
    assert.equal(store.epochs.length, server.epochs, "what came while there was no socket");
  }
  assert.equal(server.sockets.length, 21);
  assert.deepEqual(store.numbers, [...Array(41).keys()]);
  assert.deepEqual(messages, []);
});

for (const [epoch, shown] of /** @type {const} */ ([
  [null, 99],
  [40, 40],
  [400, 99],
]))
  test(`of a long run, the epoch ${epoch ?? "that is the last"} is there first, the others follow in pieces`, async () => {
    Object.assign(server, { epochs: 100, piece: 30 });
    const store = new Store("", "a", { epoch });
    /** @type {[number, number | undefined][]}  epochs, the one that is shown */
    const seen = [];
    leave.push(
      store.subscribe((event) => {
        if (event === "data") seen.push([store.epochs.length, store.current?.epoch]);
      }),
    );
    await pass(200);
    assert.deepEqual(server.wanted.slice(0, 2), [String(epoch ?? 2 ** 31 - 1), null]);
    assert.deepEqual(seen[0], [1, shown]);
    assert.ok(seen.every(([, epoch]) => epoch === shown));
    assert.deepEqual(store.numbers, [...Array(100).keys()]);
    assert.ok(seen.length >= 5);
  });

test("a socket that dies in silence, as over an hour of sleep, is replaced without a word", async () => {
  const store = await watched();
  server.sockets.at(-1)?.answer();
  await pass(100);
  server.epochs += 3;
  await pass(31_000);
  assert.equal(server.sockets.length, 2);
  assert.equal(store.epochs.length, 4);
  assert.deepEqual(messages, []);
});

test("a server that is gone is told, and found again", async () => {
  const store = await watched();
  server.sockets.at(-1)?.answer();
  await pass(50);
  server.open = false;
  server.sockets.at(-1)?.cut();
  await pass(200);
  assert.deepEqual(store.message, { text: "Connecting ...", kind: "wait" });
  server.open = true;
  server.epochs = 5;
  await pass(3000);
  assert.deepEqual(store.message, { text: "", kind: "" });
  assert.equal(store.epochs.length, 5);
});

test("a server that takes no more viewers says so, and is asked again", async () => {
  server.status = 503;
  const store = await watched();
  assert.deepEqual(store.message, { text: "The server is full.", kind: "wait" });
  server.status = 200;
  await pass(3000);
  assert.equal(store.epochs.length, 1);
  server.sockets.at(-1)?.cut(1013, "Too many viewers.");
  await pass(10);
  assert.deepEqual(store.message, { text: "Too many viewers.", kind: "wait" });
  await pass(3000);
  assert.equal(store.message.text, "");
});

test("a run that ended without data says why, once continued is there at once", async () => {
  const why = "The folder cannot be written (the disk is full).";
  server.info = { ended: why, status: { state: "failed", message: why } };
  const store = await watched();
  assert.deepEqual([store.message, store.status.state, store.live], [{ text: why, kind: "error" }, "failed", false]);
  const before = server.asked;
  await pass(20_000);
  assert.equal(server.asked, before, "nobody asks again by itself");
  server.info = INFO;
  store.wake(true);
  await pass(100);
  assert.equal(store.epochs.length, 1);
  assert.equal(store.message.text, "");
});

test("a refused run that is there again is asked for as soon as the page is drawn anew", async () => {
  server.status = 403;
  const store = await watched();
  assert.match(store.message.text, /refuses/);
  server.status = 200;
  store.wake(true);
  await pass(100);
  assert.equal(store.epochs.length, 1);
});
