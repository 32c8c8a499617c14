/** The bar that moves the cursor: play either way, step, scrub, speed, live, colours. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { COLORS, columnOf, possible } from "../data/color_modes.js";
import { answerKey, SPEEDS } from "../runtime/cursor.js";
import { Feature } from "./feature_field.js";

const SHAPES = {
  play: "M3 1.6v12.8c0 .7.8 1.1 1.4.7l9.6-6.4a.85.85 0 0 0 0-1.4L4.4.9C3.8.5 3 .9 3 1.6z",
  reverse: "M13 1.6v12.8c0 .7-.8 1.1-1.4.7L2 8.7a.85.85 0 0 1 0-1.4L11.6.9c.6-.4 1.4 0 1.4.7z",
  pause: "M3 1.5h3.6v13H3zM9.4 1.5H13v13H9.4z",
  back: "M12.5 2v12L5.2 8zM3 2h1.9v12H3z",
  next: "M3.5 2v12l7.3-6zM11.1 2H13v12h-1.9z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

export class TransportPanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    const { cursor } = this.store;
    const press = (label, name, action, className = "") => {
      const button = make("button", className, { type: "button", title: label, "aria-label": label }, icon(name));
      button.addEventListener("click", action);
      return button;
    };
    this.playButton = press("Play (Space)", "play", () => cursor.toggle(), "es-play");
    this.reverseButton = press("Play backwards (Shift + Space)", "reverse", () => cursor.toggle(-1));
    this.back = press("Previous epoch (←)", "back", () => cursor.step(-1));
    this.next = press("Next epoch (→)", "next", () => cursor.step(1));
    this.slider = make("input", "", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Epoch" });
    this.slider.addEventListener("input", () => cursor.seek(cursor.epochs[this.slider.valueAsNumber]));
    this.slider.addEventListener("keydown", (event) => {
      if (answerKey(cursor, event, true)) event.preventDefault();
    });
    this.track = make("div", "es-track", {}, this.slider);
    this.label = make("div", "es-epoch", {}, "epoch ", make("b", "", { textContent: "–" }), make("span"));
    this.speed = this.#choice(
      "Speed",
      SPEEDS.map((s) => [String(s), `${s}×`]),
      (value) => cursor.setSpeed(Number(value)),
    );
    this.speed.select.title = "Speed of playing (− slower, + faster)";
    this.colors = this.#choice("Colours", Object.entries(COLORS), (value) =>
      this.#paintBy(value === "feature" ? `feature-${this.feature.column}` : value),
    );
    this.feature = new Feature(this.store, (column) => this.#paintBy(`feature-${column}`));
    this.live = make(
      "button",
      "es-live",
      { type: "button", title: "Follow the newest epoch", "aria-pressed": "false", hidden: true },
      "Live",
    );
    this.live.addEventListener("click", () => cursor.goLive());
    const bar = make("div", "es-transport", { role: "group", "aria-label": "Epoch controls" });
    bar.append(
      this.reverseButton,
      this.playButton,
      this.back,
      this.next,
      this.track,
      this.label,
      this.live,
      this.speed.box,
      this.colors.box,
      this.feature.box,
    );
    this.root.append(bar);
    this.reported = undefined;
  }

  #choice(name, options, action) {
    const select = make(
      "select",
      "",
      { "aria-label": name },
      ...options.map(([value, text]) => make("option", "", { value, textContent: text })),
    );
    select.addEventListener("change", () => action(select.value));
    return { select, box: make("label", "", {}, make("span", "", { textContent: name }), select) };
  }

  #paintBy(mode) {
    this.store.setColor(mode);
    this.setStateValue?.("color", mode);
  }

  changed(what) {
    if (what === "cursor") this.#report();
    if (what === "data") this.#reportState();
    if (what === "view") this.#reportShow();
  }

  /** Tells Python what lies over the points, for the address of the page. */
  #reportShow() {
    const show = [...this.store.show].sort().join(".");
    if (this.show !== show && (show || this.show !== undefined)) this.setStateValue?.("show", show);
    this.show = show;
  }

  /** Tells Python when the run pauses, goes on or ends, for the buttons of the page. */
  #reportState() {
    const { live, status } = this.store;
    const state = !live ? "ended" : status.state === "paused" ? "paused" : "live";
    if (this.told !== state) this.setStateValue?.("state", state);
    this.told = state;
  }

  /** Tells Python where the cursor came to rest (or that it follows), for the address of the page. */
  #report() {
    clearTimeout(this.later);
    const { cursor } = this.store;
    if (cursor.playing || cursor.clock === "seconds") return;
    this.later = setTimeout(() => {
      const value = cursor.follow ? "live" : cursor.epoch;
      if (value === this.reported || this.gone) return;
      this.reported = value;
      this.setStateValue?.("epoch", value);
    }, 250);
  }

  paint() {
    const { store } = this;
    const { cursor } = store;
    const { epochs, position, epoch, playing } = cursor;
    const last = Math.max(0, epochs.length - 1);
    if (this.slider.max !== String(last)) this.slider.max = last;
    if (this.slider.valueAsNumber !== position) this.slider.value = position;
    const timed = cursor.clock === "seconds";
    const phase = timed ? "" : (store.current?.phase ?? "");
    const where = epoch === null || !timed ? epoch : `${epoch.toFixed(1)} s`;
    const spoken = epoch === null ? "no epoch yet" : `${timed ? "" : "epoch "}${where}${phase ? `, ${phase}` : ""}`;
    if (this.slider.getAttribute("aria-valuetext") !== spoken) this.slider.setAttribute("aria-valuetext", spoken);
    this.slider.disabled = this.playButton.disabled = this.reverseButton.disabled = epochs.length < 2;
    this.back.disabled = position <= 0;
    this.next.disabled = position >= last;
    const [unit, value, rest] = this.label.childNodes;
    unit.textContent = timed ? "time " : "epoch ";
    value.textContent = where ?? "–";
    rest.textContent = phase ? ` · ${phase}` : "";
    const way = playing ? cursor.way : 0;
    if (this.way !== way) {
      this.way = way;
      this.#face(this.playButton, way > 0, "play", "Play (Space)", "Pause (Space)");
      this.#face(this.reverseButton, way < 0, "reverse", "Play backwards (Shift + Space)", "Pause (Shift + Space)");
    }
    this.live.hidden = !cursor.live;
    this.live.setAttribute("aria-pressed", String(cursor.follow && cursor.live));
    if (document.activeElement !== this.speed.select) this.speed.select.value = String(cursor.speed);
    this.#colorChoice();
    this.#ticks(epochs);
    Object.assign(this.report, { epoch, n: epochs.length, playing, way: cursor.way, follow: cursor.follow });
  }

  /** What a button of the two that play shows: that it would, or that it would pause. */
  #face(button, plays, name, play, pause) {
    button.replaceChildren(icon(plays ? "pause" : name));
    button.title = plays ? pause : play;
    button.setAttribute("aria-label", button.title);
  }

  #colorChoice() {
    const { store } = this;
    this.colors.box.hidden = this.spec.colors === false;
    for (const option of this.colors.select.options) option.disabled = !possible(option.value, store.info);
    const mode = store.color ?? this.spec.color ?? store.firstColor ?? "cluster";
    const column = columnOf(mode);
    this.colors.select.value = column !== null ? "feature" : possible(mode, store.info) ? mode : "cluster";
    this.feature.dress(this.spec.colors === false ? null : column);
  }

  /** Small lines where phases begin, small triangles where parameters were changed. */
  #ticks(epochs) {
    const { store } = this;
    const key = `${epochs.length}|${store.marks.length}|${store.cursor.clock}`;
    if (key === this.tickKey) return;
    this.tickKey = key;
    for (const old of this.track.querySelectorAll(".es-phase,.es-mark")) old.remove();
    const last = epochs.length - 1;
    if (last < 1) return;
    const { places } = store;
    const at = (i) => `calc(8px + ${epochs.indexOf(places[i]) / last} * (100% - 16px))`;
    store.epochs.forEach((entry, i) => {
      if (i && entry.phase !== store.epochs[i - 1].phase) this.#tick("es-phase", at(i), entry.phase);
    });
    for (const mark of store.marks)
      if (store.at.has(mark.epoch)) this.#tick("es-mark", at(store.at.get(mark.epoch)), mark.name);
  }

  #tick(className, left, title) {
    const tick = make("span", className, { title });
    tick.style.left = left;
    this.track.append(tick);
  }

  destroy() {
    clearTimeout(this.later);
    super.destroy();
  }
}
