/** The bar that moves the cursor: play either way, step, scrub, speed, live, colors. */

import { make, setText } from "../base/dom.js";
import { filmable } from "../base/film.js";
import { saveVideo } from "../base/film_button.js";
import { Panel, panels } from "../base/panel.js";
import { Roving } from "../base/roving.js";
import { COLOR_MENU, choiceOf, colorChoice, columnOf, numberModes, numberOf, possible } from "../data/color_modes.js";
import { phaseName, tr } from "../data/language.js";
import { announcement } from "../data/sentences.js";
import { SPEEDS } from "../runtime/cursor.js";
import { moveByKey } from "../runtime/keyboard.js";
import { FeatureField } from "./feature_field.js";
import { drawnIcon } from "./icons.js";
import { stateOf } from "./run_state.js";

/** @import { PlotPanel } from "../base/plot_panel.js" */
/** @import { StageEvent } from "../runtime/store.js" */
/** @import { Icon } from "./icons.js" */

const REST = 250; // ms the cursor must rest before Python is notified

/** @type {(label: string, icon: Icon, action: () => void, className?: string) => HTMLButtonElement} */
function iconButton(label, icon, action, className = "") {
  const button = make("button", className, { type: "button", title: label, "aria-label": label });
  button.append(drawnIcon(icon));
  button.addEventListener("click", action);
  return button;
}

/** A menu with its name. @param {string} name @param {string[][]} options  [value, text] each @param {(value: string) => void} choose */
function menu(name, options, choose) {
  const items = options.map(([value, text]) => make("option", "", { value, textContent: text }));
  const select = make("select", "", { "aria-label": name }, ...items);
  select.addEventListener("change", () => choose(select.value));
  return { select, box: make("label", "", {}, make("span", "", { textContent: name }), select) };
}

/**
 * What a button of the two that play shows: that it would, or that it would pause.
 * @type {(button: HTMLElement, plays: boolean, icon: Icon, play: string, pause: string) => void}
 */
function setFace(button, plays, icon, play, pause) {
  button.replaceChildren(drawnIcon(plays ? "pause" : icon));
  button.title = plays ? pause : play;
  button.setAttribute("aria-label", button.title);
}

export class TransportPanel extends Panel {
  playButton = iconButton(tr("Replay (Space)"), "play", () => this.store.cursor.toggle(), "es-play");
  reverseButton = iconButton(
    tr("Replay backwards (Shift + Space)"),
    "reverse",
    () => this.store.cursor.toggle(-1),
    "es-reverse",
  );
  back = iconButton(tr("Previous epoch (←)"), "back", () => this.store.cursor.step(-1));
  next = iconButton(tr("Next epoch (→)"), "next", () => this.store.cursor.step(1));
  slider = make("input", "", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": tr("Epoch") });
  track = make("div", "es-track", {}, this.slider);
  unit = document.createTextNode(`${tr("epoch")} `);
  place = make("b", "", { textContent: "–" });
  phase = make("span");
  label = make("div", "es-epoch", {}, this.unit, this.place, this.phase);
  loaded = make("div", "es-loaded", { hidden: true, title: tr("The other epochs are being loaded") });
  speed = menu(
    tr("Speed"),
    SPEEDS.map((speed) => [String(speed), `${speed}×`]),
    (value) => this.store.cursor.setSpeed(Number(value)),
  );
  colors = menu(tr("Colors"), COLOR_MENU, (value) =>
    this.#colorBy(value === "feature" ? `feature-${this.feature.column}` : value),
  );
  feature = new FeatureField(this.store, (column) => this.#colorBy(`feature-${column}`));
  #numbers = ""; // the logged numbers that the menu of colors offers
  film = iconButton(tr("Save a video of all figures, as fast as they play"), "film", () => this.#film());
  /** What is said of the run as it goes on. */
  voice = make("p", "es-words", { role: "status" });
  /** @type {import("../data/sentences.js").Heard | null} */
  #heard = null;
  live = make("button", "es-live", { type: "button", title: tr("Follow the newest epoch"), hidden: true }, tr("Live"));
  bar = make("div", "es-transport", { role: "group", "aria-label": tr("Epoch controls"), "data-waits": "" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  /** @type {Record<string, unknown>}  what Python was last sent */
  #reported = {};
  /** @type {number | undefined}  direction in which it plays; 0: it does not */
  #playing;
  #ticks = ""; // what the track shows
  /** @type {Roving | null}  one tab stop for all buttons */
  roving = null;

  start() {
    this.slider.addEventListener("input", () => {
      const { cursor } = this.store;
      cursor.seek(cursor.epochs[this.slider.valueAsNumber]);
    });
    this.slider.addEventListener("keydown", (event) => {
      if (moveByKey(this.store.cursor, event, true)) event.preventDefault();
    });
    this.speed.select.title = tr("Replay speed (− slower, + faster)");
    this.live.addEventListener("click", () => this.store.cursor.goLive());
    const { bar } = this;
    this.roving = new Roving(bar, "button", this.playButton);
    bar.append(this.reverseButton, this.playButton, this.back, this.next, this.track, this.label, this.loaded);
    this.film.hidden = this.spec.film === false;
    bar.append(this.live, this.speed.box, this.colors.box, this.feature.box, this.film);
    this.root.append(bar, this.voice);
    super.start();
  }

  /** A video of all figures of this run on the page. */
  #film() {
    const shown = /** @type {PlotPanel<any>[]} */ (
      [...panels].filter((one) => one.store === this.store && filmable(one))
    );
    if (shown.length) saveVideo(shown, this.root, "stage");
  }

  /** @param {string} mode */
  #colorBy(mode) {
    this.store.setColor(mode);
    this.#report("color", mode);
  }

  /** @param {StageEvent} event */
  changed(event) {
    if (event === "cursor") this.#reportCursor();
    if (event === "data") this.#report("state", this.#state);
    if (event === "view") this.#reportView();
  }

  /** Tells Python something that it does not know yet. @param {string} name @param {unknown} value */
  #report(name, value) {
    if (this.#reported[name] === value) return;
    this.#reported[name] = value;
    this.setStateValue?.(name, value);
  }

  /** The colors, and what somebody chose to lie over the points, for the address of the page. */
  #reportView() {
    const { color } = this.store;
    if (color !== (this.#reported.color ?? null)) this.#report("color", color);
    if (this.store.showChosen) this.#report("show", [...this.store.show].sort().join("."));
  }

  /** Reports whether the run is paused, live or ended, for the buttons of the page. */
  get #state() {
    const { live, status } = this.store;
    if (!live) return "ended";
    return status.state === "paused" ? "paused" : "live";
  }

  /** Reports the epoch at which the cursor rests (or that it follows), for the address line. */
  #reportCursor() {
    clearTimeout(this.#later);
    const { cursor } = this.store;
    if (cursor.playing || cursor.clock === "seconds") return;
    this.#later = setTimeout(() => {
      if (!this.gone) this.#report("epoch", cursor.follow ? "live" : cursor.epoch);
    }, REST);
  }

  paint() {
    const { store } = this;
    const { cursor } = store;
    const { epochs, position, playing } = cursor;
    const epoch = epochs[position] ?? null; // the one shown: a link may have asked for one beyond the end
    const last = Math.max(0, epochs.length - 1);
    if (this.slider.max !== String(last)) this.slider.max = String(last);
    if (this.slider.valueAsNumber !== position) this.slider.valueAsNumber = position;
    this.slider.style.setProperty("--es-part", `${last ? (100 * position) / last : 0}%`);
    this.slider.disabled = this.playButton.disabled = this.reverseButton.disabled = epochs.length < 2;
    this.back.disabled = position <= 0;
    this.next.disabled = position >= last;
    this.#setLabel(epoch);
    this.#setLoaded();
    this.#setPlaying(playing ? cursor.direction : 0);
    const known = epochs.length > 0 || Boolean(store.status.state || store.message.text);
    if (known) this.bar.removeAttribute("data-waits");
    this.live.hidden = !known || !cursor.live;
    this.roving?.refresh();
    this.live.setAttribute("aria-pressed", String(cursor.follow && cursor.live));
    if (document.activeElement !== this.speed.select) this.speed.select.value = String(cursor.speed);
    this.#setColors();
    this.#setTicks(epochs);
    this.#speak();
    const { direction, follow } = cursor;
    Object.assign(this.report, { epoch, n: epochs.length, playing, direction, follow });
  }

  /** Tells those who do not see it how the run goes on; of a cursor that a person moves the slider tells. */
  #speak() {
    const { store } = this;
    const { cursor, current } = store;
    const moves = cursor.playing || cursor.follow;
    const acc = current?.scores.acc;
    const heard = {
      state: stateOf(store).title,
      phase: moves ? phaseName(current?.phase) : (this.#heard?.phase ?? ""),
      epoch: moves ? (current?.epoch ?? null) : (this.#heard?.epoch ?? null),
      acc: typeof acc === "number" && Number.isFinite(acc) ? acc : null,
      why: store.status.message ?? "",
    };
    const text = announcement(this.#heard, heard);
    if (current) this.#heard = heard;
    if (text) setText(this.voice, text);
  }

  /** @param {number | null} epoch  or seconds */
  #setLabel(epoch) {
    const timed = this.store.cursor.clock === "seconds";
    const phase = timed ? "" : phaseName(this.store.current?.phase);
    const where = timed ? epoch && `${epoch.toFixed(1)} s` : epoch;
    const unit = timed ? "" : `${tr("epoch")} `;
    const spoken = epoch === null ? tr("no epoch yet") : `${unit}${where}${phase ? `, ${phase}` : ""}`;
    if (this.slider.getAttribute("aria-valuetext") !== spoken) this.slider.setAttribute("aria-valuetext", spoken);
    this.unit.data = `${timed ? tr("time") : tr("epoch")} `;
    setText(this.place, String(where ?? "–"));
    setText(this.phase, phase ? ` · ${phase}` : "");
  }

  /** How many epochs of a long run are there; nothing once all are. */
  #setLoaded() {
    const { ahead, epochs, recorded } = this.store;
    this.loaded.hidden = !ahead.size;
    if (ahead.size) setText(this.loaded, tr("{n} of {all} loaded", { n: epochs.length, all: recorded }));
  }

  /** @param {number} direction  0: it does not play */
  #setPlaying(direction) {
    if (this.#playing === direction) return;
    this.#playing = direction;
    setFace(this.playButton, direction > 0, "play", tr("Replay (Space)"), tr("Pause (Space)"));
    setFace(
      this.reverseButton,
      direction < 0,
      "reverse",
      tr("Replay backwards (Shift + Space)"),
      tr("Pause (Shift + Space)"),
    );
  }

  #setColors() {
    const { store, spec } = this;
    this.colors.box.hidden = spec.colors === false;
    this.#offerNumbers();
    for (const option of this.colors.select.options) {
      const choice = colorChoice(option.value);
      option.disabled = choice !== null && !possible(choice.mode, store.info);
    }
    const mode = store.color ?? spec.color ?? store.firstColor ?? "cluster";
    const column = columnOf(mode);
    const shown = choiceOf(possible(mode, store.info) ? mode : "cluster", store.shapes);
    this.colors.select.value = column !== null ? "feature" : shown;
    this.feature.show(spec.colors === false ? null : column);
  }

  /** Adds the numbers that a recorded loop logs of each point to the menu of colors, before "a feature". */
  #offerNumbers() {
    const modes = numberModes(this.store.info);
    const key = JSON.stringify(modes);
    if (key === this.#numbers) return;
    this.#numbers = key;
    const { select } = this.colors;
    for (const option of [...select.options]) if (numberOf(option.value) !== null) option.remove();
    const items = modes.map(([value, textContent]) => make("option", "", { value, textContent }));
    select.options[select.options.length - 1].before(...items);
  }

  /** Small lines where phases begin, small triangles where parameters were changed. @param {number[]} epochs */
  #setTicks(epochs) {
    const { store } = this;
    const known = store.unbroken;
    const key = `${epochs.length}|${known.length}|${store.paramChanges.length}|${store.cursor.clock}`;
    if (key === this.#ticks) return;
    this.#ticks = key;
    for (const old of this.track.querySelectorAll(".es-phase,.es-mark")) old.remove();
    const last = epochs.length - 1;
    if (last < 1) return;
    const { places } = store;
    /** @type {(className: string, i: number, title: string) => void} */
    const add = (className, i, title) => {
      const tick = make("span", className, { title });
      tick.style.left = `calc(8px + ${epochs.indexOf(places[i]) / last} * (100% - 16px))`;
      this.track.append(tick);
    };
    for (const [i, entry] of known.entries())
      if (i && entry.phase !== known[i - 1].phase) add("es-phase", i, phaseName(entry.phase));
    for (const change of store.paramChanges) {
      const place = store.at.get(change.epoch);
      if (place !== undefined) add("es-mark", place, change.name);
    }
  }

  destroy() {
    clearTimeout(this.#later);
    super.destroy();
  }
}
