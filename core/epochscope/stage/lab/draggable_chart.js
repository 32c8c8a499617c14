/**
 * A chart with handles: a person drags points (or moves them by arrow keys, adds one by a double click, removes one
 * by Delete), the server answers with the picture for the new places.
 */

import { make } from "../base/dom.js";
import { tr } from "../data/language.js";
import { inkOn } from "../render/color.js";
import { LabChartPanel } from "./lab_chart.js";

/** @import { Place } from "../base/plot_panel.js" */
/** @import { StageEvent } from "../runtime/store.js" */
/** @import { Action, Handle } from "./lab_session.js" */

const DOUBLE = 450; // ms between the two clicks of a double click
const NEAR = 6; // CSS pixels between them
/** @type {Record<string, [x: number, y: number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {number} value @param {[number, number]} range */
const within = (value, [a, b]) => Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));

export class DraggableChartPanel extends LabChartPanel {
  layer = make("div", "es-handles");
  /** @type {Handle[]} */
  handles = [];
  /** @type {number | null}  index of the handle being dragged */
  #held = null;
  /** @type {{x: number, y: number, time: number} | null} */
  #lastClick = null;

  started() {
    super.started();
    this.gd.append(this.layer);
    this.#adopt();
    this.onClick((at, event) => this.#click(at, event)); // Plotly swallows the browser's own double clicks
  }

  /** @param {StageEvent} event */
  changed(event) {
    super.changed(event);
    if (this.ready && event === "answer" && this.store.settled) this.#adopt(); // else an answer to an older question
  }

  /** Adopts the positions that the server knows, except that of a handle being dragged. */
  #adopt() {
    const known = this.store.answer?.handles ?? [];
    this.handles = known.map((handle, i) => {
      const { x, y } = (i === this.#held && this.handles[i]) || handle;
      return { ...handle, x, y };
    });
    while (this.layer.children.length > known.length) this.layer.lastElementChild?.remove();
    while (this.layer.children.length < known.length) this.layer.append(this.#makeHandle(this.layer.children.length));
    for (const [i, handle] of this.handles.entries()) {
      const { shape, color, letter = "" } = handle;
      const element = this.#element(i);
      call(element, handle); // it is there for those who listen before it is painted
      element.dataset.shape = shape;
      element.style.setProperty("--es-handle", color);
      element.style.color = inkOn(color);
      element.textContent = letter;
    }
    this.schedule();
  }

  /** @param {number} i */
  #element(i) {
    return /** @type {HTMLElement} */ (this.layer.children[i]);
  }

  /** @param {number} i */
  #makeHandle(i) {
    const element = make("button", "es-handle", { type: "button" });
    element.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      this.#held = i;
    };
    element.onpointermove = (event) => {
      if (this.#held !== i) return;
      const box = this.gd.getBoundingClientRect();
      const { xaxis, yaxis } = this.gd._fullLayout;
      const [left, top] = [(event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale];
      this.#move(i, xaxis.p2d(left - xaxis._offset), yaxis.p2d(top - yaxis._offset));
    };
    element.onpointerup = element.onpointercancel = () => {
      this.#held = null;
      if (this.store.settled) this.#adopt(); // the server may have put it elsewhere than where it was dropped
    };
    element.onkeydown = (event) => this.#press(i, event);
    return element;
  }

  /** @param {number} i @param {KeyboardEvent} event */
  #press(i, event) {
    const step = STEPS[event.key];
    const { x, y, may_go: mayGo } = this.handles[i];
    if (step) {
      const [low, high] = this.gd._fullLayout.xaxis.range;
      const size = (high - low) / (event.shiftKey ? 20 : 100);
      this.#move(i, x + step[0] * size, y + step[1] * size);
    } else if ((event.key === "Delete" || event.key === "Backspace") && mayGo) this.#send({ remove: i });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} i @param {number} x @param {number} y */
  #move(i, x, y) {
    const { xaxis, yaxis } = this.gd._fullLayout;
    Object.assign(this.handles[i], { x: within(x, xaxis.range), y: within(y, yaxis.range) });
    this.schedule();
    this.#send({});
  }

  /** @param {Place} at @param {PointerEvent} event */
  #click({ x, y, px, py }, event) {
    const onHandle = event.target instanceof Element && event.target.closest(".es-handle");
    if (!this.store.answer?.may_add || onHandle) return;
    const before = this.#lastClick;
    this.#lastClick = { x, y, time: event.timeStamp };
    if (!before || event.timeStamp - before.time > DOUBLE || Math.hypot(x - before.x, y - before.y) > NEAR) return;
    this.#lastClick = null;
    const { xaxis, yaxis } = this.gd._fullLayout;
    this.#send({ add: [xaxis.p2d(px), yaxis.p2d(py)] });
  }

  /** @param {Action} action */
  #send(action) {
    this.store.send({ ...action, xy: this.handles.map(({ x, y }) => [x, y]) });
  }

  /** In a saved picture, handles are circles with their letters. */
  layers() {
    const { under, over } = super.layers();
    const { xaxis, yaxis } = this.gd._fullLayout;
    const drawn = this.handles.map(({ x, y, color, letter = "", shape }) => {
      const [left, top] = [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
      const text = `<text x="${left}" y="${top + 4}" text-anchor="middle" fill="${inkOn(color)}" style="font:700 10px sans-serif">${letter}</text>`;
      const radius = shape === "diamond" ? 9 : 6;
      return `<circle cx="${left}" cy="${top}" r="${radius}" fill="${color}" stroke="${this.theme.text}"/>${text}`;
    });
    return { under, over: over + drawn.join("") };
  }

  paint() {
    super.paint();
    const full = this.gd._fullLayout;
    if (!full?.xaxis || !this.store.answer) return false;
    const { xaxis, yaxis } = full;
    for (const [i, handle] of this.handles.entries()) {
      const element = this.#element(i);
      const [left, top] = [xaxis._offset + xaxis.d2p(handle.x), yaxis._offset + yaxis.d2p(handle.y)];
      element.style.transform = `translate(${left}px, ${top}px)`;
      call(element, handle);
    }
    const handles = this.handles.map(({ x, y }) => [x, y]);
    Object.assign(this.report, { handles, serial: this.store.answer.serial });
    return false;
  }
}

/** Says what a handle is and where. @param {HTMLElement} element @param {{x: number, y: number, name: string}} handle */
function call(element, { x, y, name }) {
  element.setAttribute("aria-label", tr("{name} at {x}, {y}", { name, x: x.toFixed(2), y: y.toFixed(2) }));
  element.title = name;
}
