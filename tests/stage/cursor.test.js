/** The cursor: where it is, how it moves and plays. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { UnknownValue } from "../../core/epochscope/stage/data/errors.js";
import { Cursor } from "../../core/epochscope/stage/runtime/cursor.js";

Object.assign(globalThis, { document: { hidden: false } });
mock.timers.enable({ apis: ["setTimeout"] });

/** A run that a cursor drives. @param {Cursor} cursor @param {number[]} numbers @param {number[]} moments */
function addRun(cursor, numbers, moments = numbers) {
  const run = {
    live: false,
    epochs: [...numbers],
    events: 0,
    get places() {
      return cursor.clock === "seconds" ? moments : numbers;
    },
    get current() {
      const { epoch } = cursor;
      return epoch === null ? null : (numbers.findLast((_, i) => this.places[i] <= epoch) ?? numbers[0]);
    },
    emit() {
      this.events++;
    },
  };
  cursor.stores.add(run);
  return run;
}

let cursor = new Cursor();
beforeEach(() => {
  cursor.pause(false);
  cursor = new Cursor();
});

test("without epochs it is nowhere", () => {
  addRun(cursor, []);
  assert.equal(cursor.epoch, null);
  cursor.step(1);
  cursor.play();
  assert.deepEqual([cursor.epoch, cursor.playing, cursor.position], [null, false, 0]);
});

test("it follows the newest epoch until somebody moves it", () => {
  const numbers = [0, 1];
  const run = addRun(cursor, numbers);
  assert.equal(cursor.epoch, 1);
  numbers.push(2);
  assert.equal(cursor.epoch, 2);
  cursor.step(-1);
  numbers.push(3);
  assert.deepEqual([cursor.epoch, cursor.follow, run.events], [1, false, 1]);
  cursor.goLive();
  assert.equal(cursor.epoch, 3);
});

test("steps end at the first and the last epoch", () => {
  addRun(cursor, [0, 2, 5]);
  cursor.step(-10);
  assert.equal(cursor.epoch, 0);
  cursor.step(Infinity);
  assert.equal(cursor.epoch, 5);
});

test("between two epochs it stands at the one before", () => {
  addRun(cursor, [0, 2, 5]);
  cursor.seek(4);
  assert.equal(cursor.position, 1);
});

test("several runs: all their epochs, each once", () => {
  addRun(cursor, [0, 1, 4]);
  addRun(cursor, [0, 2]);
  assert.deepEqual(cursor.epochs, [0, 1, 2, 4]);
});

test("it plays to the end and stops there; from the end it begins anew", () => {
  addRun(cursor, [0, 1, 2]);
  cursor.play();
  assert.equal(cursor.epoch, 0);
  mock.timers.tick(500);
  assert.equal(cursor.epoch, 1);
  mock.timers.tick(500);
  assert.deepEqual([cursor.epoch, cursor.playing], [2, true]);
  mock.timers.tick(500);
  assert.deepEqual([cursor.epoch, cursor.playing], [2, false]);
});

test("backwards, and faster", () => {
  addRun(cursor, [0, 1, 2]);
  cursor.setSpeed(2);
  cursor.toggle(-1);
  mock.timers.tick(250);
  assert.equal(cursor.epoch, 1);
  cursor.toggle(-1);
  assert.equal(cursor.playing, false);
  cursor.changeSpeed(1);
  assert.equal(cursor.speed, 4);
  for (let i = 0; i < 9; i++) cursor.changeSpeed(1);
  assert.equal(cursor.speed, 16);
});

test("at the end of a live run it follows again", () => {
  const run = addRun(cursor, [0, 1]);
  run.live = true;
  cursor.seek(0);
  cursor.play();
  mock.timers.tick(500);
  mock.timers.tick(500);
  assert.deepEqual([cursor.follow, cursor.playing], [true, false]);
});

test("it stays where the first run is when it counts seconds", () => {
  addRun(cursor, [0, 1, 2], [0.5, 1.5, 4]);
  cursor.seek(1);
  cursor.count("seconds");
  assert.equal(cursor.epoch, 1.5);
  assert.throws(() => cursor.count("hours"), UnknownValue);
});
