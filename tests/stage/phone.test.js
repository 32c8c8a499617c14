/** The socket of a student's phone, lost and found again; what it draws of curves. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { extent, lastOf } from "../../core/epochscope/stage/phone/drawing.js";
import { Line } from "../../core/epochscope/stage/phone/line.js";

class FakeSocket {
  readyState = 0;
  /** @type {object[]} */
  said = [];
  /** @type {any} */
  onopen;
  /** @type {any} */
  onmessage;
  /** @type {any} */
  onclose;

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {string} text */
  send(text) {
    this.said.push(JSON.parse(text));
  }

  /** @param {number} code @param {string} reason */
  end(code, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  close() {
    this.readyState = 3;
  }
}

/** @type {FakeSocket[]} */
let sockets = [];
/** @type {{heard: any[], lost: string[], refused: string[]}} */
let seen;

/** @returns {Line} */
function connected() {
  sockets = [];
  seen = { heard: [], lost: [], refused: [] };
  const ends = {
    heard: (/** @type {any} */ told) => seen.heard.push(told),
    lost: (/** @type {string} */ why) => seen.lost.push(why),
    refused: (/** @type {string} */ why) => seen.refused.push(why),
  };
  return new Line(new URL("ws://class.test/api/lessons/ABCDEF"), ends, () => {
    sockets.push(new FakeSocket());
    return /** @type {any} */ (sockets.at(-1));
  });
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("what is said before there is a connection is said then, and what is told is heard", () => {
  const line = connected();
  line.say({ name: "Ada" });
  sockets[0].open();
  line.say({ question: "score", answer: 0.5 });
  assert.deepEqual(sockets[0].said, [{ name: "Ada" }, { question: "score", answer: 0.5 }]);
  sockets[0].onmessage({ data: '{"phase": "lobby"}' });
  assert.deepEqual(seen.heard, [{ phase: "lobby" }]);
  line.close();
});

test("a lost connection is opened again, later each time, and an answer given meanwhile arrives", () => {
  const line = connected();
  sockets[0].open();
  sockets[0].end(1006);
  assert.equal(line.connected, false);
  mock.timers.tick(200);
  assert.equal(sockets.length, 1);
  mock.timers.tick(800);
  assert.equal(sockets.length, 2);
  sockets[1].end(1006);
  mock.timers.tick(450);
  assert.equal(sockets.length, 2);
  line.say({ answer: 0 }); // somebody is there: it is tried at once
  line.say({ answer: 1 });
  assert.equal(sockets.length, 3);
  assert.equal(line.unsaid, 2);
  sockets[2].open();
  assert.deepEqual(sockets[2].said, [{ answer: 0 }, { answer: 1 }]);
  assert.equal(line.unsaid, 0);
  assert.deepEqual(seen.lost, ["", "", "", ""]);
  line.close();
});

test("a server that says no is believed, one that is full is asked again", () => {
  const line = connected();
  sockets[0].end(1013, "800 connections are open");
  assert.deepEqual(seen.lost, ["800 connections are open"]);
  mock.timers.tick(1000);
  sockets[1].end(1008, "There is no class with this code");
  assert.deepEqual(seen.refused, ["There is no class with this code"]);
  mock.timers.tick(1e6);
  line.again();
  assert.equal(sockets.length, 2);
});

test("a server that is silent for long is left for a new connection", () => {
  const line = connected();
  sockets[0].open();
  mock.timers.tick(44_000);
  sockets[0].onmessage({ data: "{}" });
  mock.timers.tick(44_000);
  assert.equal(sockets.length, 1);
  mock.timers.tick(2_000);
  assert.equal(sockets.length, 2);
  line.close();
});

test("curves are drawn from their first number on, between tenths", () => {
  const training = {
    state: "",
    message: "",
    epochs: 4,
    variants: [""],
    curves: [[null, null, 0.71, 0.74]],
    range: [
      [null, null, 0.6, 0.7],
      [null, null, 0.75, 0.8],
    ],
  };
  assert.deepEqual(extent(training), { start: 2, low: 0.6, high: 0.8 });
  assert.equal(lastOf([null, 0.2, null]), 0.2);
  assert.equal(lastOf([null]), null);
});
