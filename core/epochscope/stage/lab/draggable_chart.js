/**
 * A chart with handles: a person drags points about (or moves them by arrow keys, adds one by a double click, removes one by
 * Delete), the desk answers with the picture for the new places.
 */

import { make } from "../base/dom.js";
import { inkOn } from "../base/theme.js";
import { ChartPanel } from "../panels/chart.js";

const DOUBLE = 450; // ms between the two clicks of a double click
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class BoardPanel extends ChartPanel {
  started() {
    super.started();
    this.layer = make("div", "es-handles");
    this.gd.append(this.layer);
    this.#adopt();
    this.onClick((at, event) => this.#clicked(at, event)); // Plotly swallows the browser's own double clicks
  }

  changed(what) {
    super.changed(what);
    if (this.layer && what === "answer" && this.store.settled) this.#adopt(); // else an answer to an older question
  }

  /** The places that the desk knows; what a person holds stays in their hand. */
  #adopt() {
    this.handles = this.store.answer.handles.map((handle, i) =>
      i === this.held ? { ...handle, ...this.#at(i) } : { ...handle },
    );
    while (this.layer.children.length > this.handles.length) this.layer.lastChild.remove();
    while (this.layer.children.length < this.handles.length)
      this.layer.append(this.#handle(this.layer.children.length));
    this.handles.forEach((handle, i) => {
      const element = this.layer.children[i];
      element.dataset.shape = handle.shape;
      element.style.setProperty("--es-handle", handle.color);
      element.style.color = inkOn(handle.color);
      element.textContent = handle.letter ?? "";
    });
    this.schedule();
  }

  #at(i) {
    const { x, y } = this.handles?.[i] ?? this.store.answer.handles[i];
    return { x, y };
  }

  #handle(i) {
    const element = make("button", "es-handle", { type: "button" });
    element.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      this.held = i;
    };
    element.onpointermove = (event) => {
      if (this.held !== i) return;
      const box = this.gd.getBoundingClientRect();
      const { xaxis, yaxis } = this.gd._fullLayout;
      this.#move(
        i,
        xaxis.p2d(event.clientX - box.left - xaxis._offset),
        yaxis.p2d(event.clientY - box.top - yaxis._offset),
      );
    };
    element.onpointerup = element.onpointercancel = () => {
      this.held = undefined;
      if (this.store.settled) this.#adopt(); // the desk may have put it elsewhere than where it was let go
    };
    element.onkeydown = (event) => {
      const step = STEPS[event.key];
      if (step) {
        const [low, high] = this.gd._fullLayout.xaxis.range;
        const size = (high - low) / (event.shiftKey ? 20 : 100);
        this.#move(i, this.handles[i].x + step[0] * size, this.handles[i].y + step[1] * size);
      } else if ((event.key === "Delete" || event.key === "Backspace") && this.handles[i].may_go) {
        this.#tell({ remove: i });
      } else return;
      event.preventDefault();
      event.stopPropagation();
    };
    return element;
  }

  #move(i, x, y) {
    const { xaxis, yaxis } = this.gd._fullLayout;
    const within = (value, [a, b]) => Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
    Object.assign(this.handles[i], { x: within(x, xaxis.range), y: within(y, yaxis.range) });
    this.schedule();
    this.#tell({});
  }

  #clicked(at, event) {
    if (!this.store.answer.may_add || event.target.closest?.(".es-handle")) return;
    const before = this.lastClick;
    this.lastClick = { ...at, when: event.timeStamp };
    if (!before || event.timeStamp - before.when > DOUBLE || Math.hypot(at.x - before.x, at.y - before.y) > 6) return;
    this.lastClick = null;
    const { xaxis, yaxis } = this.gd._fullLayout;
    this.#tell({ add: [xaxis.p2d(at.px), yaxis.p2d(at.py)] });
  }

  #tell(more) {
    this.store.tell({ ...more, xy: this.handles.map(({ x, y }) => [x, y]) });
  }

  /** In a picture to keep, handles are circles with their letters. */
  layers() {
    const { under, over } = super.layers();
    const { xaxis, yaxis } = this.gd._fullLayout;
    const drawn = this.handles.map(({ x, y, color, letter = "", shape }) => {
      const [left, top] = [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
      const text = `<text x="${left}" y="${top + 4}" text-anchor="middle" fill="${inkOn(color)}" style="font:700 10px sans-serif">${letter}</text>`;
      return `<circle cx="${left}" cy="${top}" r="${shape === "diamond" ? 9 : 6}" fill="${color}" stroke="${this.theme.text}"/>${text}`;
    });
    return { under, over: over + drawn.join("") };
  }

  paint() {
    const more = super.paint();
    const full = this.gd?._fullLayout;
    if (!this.handles || !full?.xaxis) return more;
    const { xaxis, yaxis } = full;
    this.handles.forEach(({ x, y, name }, i) => {
      const element = this.layer.children[i];
      element.style.transform = `translate(${xaxis._offset + xaxis.d2p(x)}px, ${yaxis._offset + yaxis.d2p(y)}px)`;
      element.setAttribute("aria-label", `${name} at ${x.toFixed(2)}, ${y.toFixed(2)}`);
      element.title = name;
    });
    Object.assign(this.report, { handles: this.handles.map(({ x, y }) => [x, y]), told: this.store.answer.serial });
    return more;
  }
}
