/**
 * The stage in a notebook: what anywidget calls. Bytes come from the kernel, through the state of the widget's model and
 * its messages; core/epochscope/notebook/run_widget.py is the other end.
 */
import { GivenSource } from "../runtime/given_source.js";
import { forgetSource, useSource } from "../runtime/source.js";
import { Board } from "./board.js";

/** @import { Counts } from "../runtime/run_data.js" */
/** @import { Question } from "../runtime/source.js" */
/** @import { BoardData } from "./board.js" */

/**
 * @typedef {object} Model  anywidget's
 * @property {(name: string) => any} get
 * @property {(name: string, callback: (...values: any[]) => void) => void} on
 * @property {(name: string, callback: (...values: any[]) => void) => void} off
 * @property {(content: unknown) => void} send
 *
 * @typedef {{number: number, projection: string, from: Counts, to: Counts, message: DataView}} BundleState
 * @typedef {{info?: Record<string, any>, board?: BoardData, sprites?: DataView | null, error?: string}} RunState  empty before the run has begun
 */

/** Bytes of their own: the kernel's may lie anywhere in a larger buffer. @param {DataView} view */
const bytesOf = (view) =>
  /** @type {ArrayBuffer} */ (view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

let count = 0;

/** One widget: its run, and its line to the kernel. */
export class NotebookRun {
  /** @type {Map<number, (response: Response) => void>}  questions on their way */
  #asked = new Map();
  #questions = 0;
  /** @type {Map<string, () => void>}  by slot of the state */
  #takers = new Map();
  /** @type {string | null}  address of the pictures of the points */
  #sprites = null;

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.base = `notebook-${++count}`;
    this.source = new GivenSource(this);
    useSource(this.base, this.source);
    model.on("msg:custom", this.#answered);
    for (let i = 0; i < model.get("_slots"); i++) {
      const slot = `_bundle_${i}`;
      const take = () => this.#take(model.get(slot));
      this.#takers.set(slot, take);
      model.on(`change:${slot}`, take);
      take();
    }
  }

  /** @returns {RunState} */
  get state() {
    return this.model.get("_run");
  }

  /** @param {BundleState | null} bundle */
  #take(bundle) {
    if (bundle?.message) this.source.give({ ...bundle, message: bytesOf(bundle.message) });
  }

  /** @param {{answer?: number, status?: number, content?: unknown}} message */
  #answered = ({ answer, status, content }) => {
    if (answer === undefined) return;
    this.#asked.get(answer)?.(Response.json(content, { status }));
    this.#asked.delete(answer);
  };

  /** @param {Question & {now: boolean}} question */
  want(question) {
    this.model.send({ want: { ...question, projection: question.projection ?? "" } });
  }

  /** @param {string} path @returns {Promise<Response>} */
  async get(path) {
    if (path === "info") return this.#info();
    const { promise, resolve } = /** @type {PromiseWithResolvers<Response>} */ (Promise.withResolvers());
    const id = ++this.#questions;
    this.#asked.set(id, resolve);
    this.model.send({ ask: id, path });
    return promise;
  }

  /** The facts of the run, with pictures that need no server. */
  #info() {
    const { info, sprites } = this.state;
    if (!info?.sprite || !sprites) return Response.json({ ...info, sprite: null });
    const { pictured = Infinity, tiles = Infinity } = info.sprite;
    this.#sprites ??= URL.createObjectURL(new Blob([bytesOf(sprites)], { type: "image/png" }));
    return Response.json({
      ...info,
      sprite: { ...info.sprite, url: this.#sprites, pictured: Math.min(pictured, tiles) },
    }); // one sheet is handed over
  }

  /**
   * Shows the run in an element.
   * @param {HTMLElement} element
   * @param {string} plotly  address of plotly.js
   * @returns {() => void} takes it away
   */
  show(element, plotly) {
    const board = new Board(element, { base: this.base, plotly });
    const show = () => {
      const { state } = this;
      if (state.error) board.say(state.error);
      else if (state.board) board.show(state.board);
    };
    this.model.on("change:_run", show);
    show();
    return () => {
      this.model.off("change:_run", show);
      board.destroy();
    };
  }

  close() {
    forgetSource(this.base);
    this.model.off("msg:custom", this.#answered);
    for (const [slot, take] of this.#takers) this.model.off(`change:${slot}`, take);
    if (this.#sprites) URL.revokeObjectURL(this.#sprites);
  }
}
