/** Both ends of a presentation: what is told and when, a server that is lost, a presentation that is over. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Follower, Leader } from "../../core/epochscope/stage/runtime/presentation.js";

class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} */
  static opened = [];
  readyState = 0;
  /** @type {object[]}  what was said */
  said = [];
  /** @type {any} */
  onopen;
  /** @type {any} */
  onmessage;
  /** @type {any} */
  onclose;

  /** @param {URL} address */
  constructor(address) {
    this.path = address.pathname;
    FakeSocket.opened.push(this);
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  /** @param {string} text */
  send(text) {
    this.said.push(JSON.parse(text));
  }

  /** @param {object} answer */
  answer(answer) {
    this.onmessage?.({ data: JSON.stringify(answer) });
  }

  /** @param {string} reason */
  end(reason) {
    this.readyState = 3;
    this.onclose?.({ code: reason ? 1008 : 1006, reason });
  }

  close() {
    this.readyState = 3;
  }
}

/** Lets all promises that can be kept be kept. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
};

/** @param {number} ms */
const later = async (ms) => {
  mock.timers.tick(ms);
  await settle();
};

/** @type {{close: () => void} | null} */
let end = null;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeSocket.opened = [];
  Object.assign(globalThis, { location: { href: "http://there/" }, WebSocket: FakeSocket });
});

afterEach(async () => {
  end?.close();
  await settle();
  mock.timers.reset();
});

test("whoever presents tells each epoch once, and that they are still there", async () => {
  let epoch = 3;
  /** @type {number[]} */
  const heard = [];
  const leader = new Leader(
    "",
    { id: "i", key: "k" },
    () => epoch,
    ({ followers }) => heard.push(followers),
  );
  end = leader;
  await settle();
  const [socket] = FakeSocket.opened;
  assert.equal(socket.path, "/api/presentations/i/lead");
  assert.deepEqual(socket.said, [{ key: "k", epoch: 3 }]);
  socket.answer({ followers: 2 });
  await settle();
  leader.look();
  await later(1000);
  assert.equal(socket.said.length, 1);
  for (epoch of [4, 5, 6]) leader.look(); // while it rests: the last one counts
  await settle();
  assert.deepEqual(socket.said.at(-1), { key: "k", epoch: 6 });
  assert.equal(socket.said.length, 2);
  socket.answer({ followers: 3 });
  await settle();
  await later(100);
  await later(5000);
  assert.equal(socket.said.length, 3);
  assert.deepEqual(heard, [2, 3]);
});

test("who follows asks for what is new, again after a break, and hears when it is over", async () => {
  /** @type {(object | null)[]} */
  const heard = [];
  /** @type {string[]} */
  const refused = [];
  end = new Follower(
    "",
    "i",
    (one) => heard.push(one),
    (why) => refused.push(why),
  );
  await settle();
  const [first] = FakeSocket.opened;
  assert.deepEqual(first.said, [{ heard: 0 }]);
  const told = { version: 7, epoch: 3, on: true };
  first.answer(told);
  await settle();
  assert.deepEqual(first.said.at(-1), { heard: 7 });
  first.end("");
  await settle();
  assert.equal(FakeSocket.opened.length, 1);
  await later(500);
  assert.deepEqual(heard, [told, null]);
  const second = FakeSocket.opened[1];
  assert.deepEqual(second.said, [{ heard: 0 }]); // the server may have begun anew
  second.end("This presentation is over.");
  await settle();
  await later(60000);
  assert.deepEqual(refused, ["This presentation is over."]);
  assert.equal(FakeSocket.opened.length, 2);
});
