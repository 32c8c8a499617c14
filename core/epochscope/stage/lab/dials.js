/** The widgets of a lab: sliders, menus, switches, buttons. They react at once; the server computes what follows. */
import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { Roving } from "../base/roving.js";
import { UnknownValue } from "../data/errors.js";

/** @import { Widget, LabSession } from "./lab_session.js" */
/** @typedef {(widget: Widget, set: (value: string) => void) => {box: HTMLElement, show: (value: string) => void}} MakeWidget */

let serial = 0;

/** An option as it is shown. @param {Widget} widget @param {string} option */
const titleOf = ({ options = [], titles = options }, option) => titles[options.indexOf(option)] ?? option;

/** A widget under its name. @param {Widget} widget @param {HTMLElement} field @param {HTMLElement[]} more */
function named({ key, label, help }, field, ...more) {
  const id = `es-dial-${++serial}`;
  field.id = id;
  field.dataset.key = key;
  const head = make("div", "es-dial-head", {}, make("label", "", { htmlFor: id, textContent: label }));
  const note = { textContent: "?", title: help, tabIndex: 0, role: "note", "aria-label": help };
  if (help) head.append(make("span", "es-help", note));
  head.append(...more);
  return make("div", "es-dial", { "data-dial": key }, head, field);
}

/** @type {MakeWidget} */
function slider(widget, set) {
  const { options = [] } = widget;
  const now = make("output");
  const field = make("input", "", { type: "range", min: 0, max: options.length - 1, step: 1 });
  /** @param {string} value */
  const say = (value) => {
    now.textContent = titleOf(widget, value);
    field.setAttribute("aria-valuetext", now.textContent);
    const part = (100 * options.indexOf(value)) / Math.max(1, options.length - 1);
    field.style.setProperty("--es-part", `${part}%`);
  };
  field.oninput = () => {
    const value = options[field.valueAsNumber];
    say(value);
    set(value);
  };
  const show = (/** @type {string} */ value) => {
    field.valueAsNumber = options.indexOf(value);
    say(value);
  };
  return { box: named(widget, field, now), show };
}

/** @type {MakeWidget} */
function menu(widget, set) {
  const items = (widget.options ?? []).map((value) =>
    make("option", "", { value, textContent: titleOf(widget, value) }),
  );
  const field = make("select", "", {}, ...items);
  field.onchange = () => set(field.value);
  const show = (/** @type {string} */ value) => {
    field.value = value;
  };
  return { box: named(widget, field), show };
}

/** @type {MakeWidget} */
function switchBox(widget, set) {
  const field = make("input", "es-switch", { type: "checkbox", role: "switch" });
  field.onchange = () => set(field.checked ? "yes" : "no");
  const show = (/** @type {string} */ value) => {
    field.checked = value === "yes";
  };
  const box = named(widget, field);
  box.classList.add("es-dial-switch");
  return { box, show };
}

/** @type {MakeWidget} */
function pills(widget, set) {
  const { key, label, options = [] } = widget;
  const buttons = options.map((value) => {
    const state = { textContent: titleOf(widget, value), role: "radio", "data-key": `${key}-${value}` };
    const pill = make("button", "es-pill", { type: "button", ...state });
    pill.onclick = () => set(value);
    return pill;
  });
  const field = make("div", "es-dial-row", { role: "radiogroup", "aria-label": label }, ...buttons);
  const roving = new Roving(field);
  const show = (/** @type {string} */ value) => {
    for (const [i, pill] of buttons.entries()) pill.setAttribute("aria-checked", String(options[i] === value));
    roving.refresh();
  };
  return { box: named(widget, field), show };
}

/** Makers of widgets, by their look; buttons are made elsewhere. @type {Record<string, MakeWidget>} */
const LOOKS = { slider, menu, switch: switchBox, pills };
const BUTTON = "button";

/** @extends {Panel<LabSession>} */
export class DialsPanel extends Panel {
  #box = make("div", "es-dials");
  #shape = ""; // everything about the controls but their values
  /** @type {Map<string, (value: string) => void>}  key -> shows a value */
  #shows = new Map();

  start() {
    this.root.append(this.#box);
    super.start();
  }

  /** Only the charts of a lab say what it is waiting for. */
  showMessage() {}

  changed() {
    const { answer, settled } = this.store;
    if (!answer) return;
    const { controls } = answer;
    const shape = JSON.stringify(controls.map(({ value: _, ...rest }) => rest));
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#build(controls);
    }
    const values = Object.fromEntries(controls.map(({ key, value }) => [key, value]));
    if (settled) for (const [key, show] of this.#shows) show(values[key] ?? "");
    Object.assign(this.report, { serial: answer.serial, values });
  }

  /** Redraws all widgets and restores the focus. @param {Widget[]} controls */
  #build(controls) {
    const active = document.activeElement;
    const focus = active instanceof HTMLElement && this.#box.contains(active) ? active.dataset.key : undefined;
    this.#box.replaceChildren();
    this.#shows.clear();
    /** @type {HTMLElement | null}  of buttons side by side */
    let row = null;
    for (const widget of controls) {
      if (widget.look === BUTTON) {
        row ??= this.#box.appendChild(make("div", "es-dial-row"));
        row.append(this.#button(widget));
        continue;
      }
      row = null;
      const makeWidget = LOOKS[widget.look];
      if (!makeWidget) throw new UnknownValue("look of a widget", widget.look, [...Object.keys(LOOKS), BUTTON]);
      const { box, show } = makeWidget(widget, (value) => this.store.send({ set: { [widget.key]: value } }));
      this.#shows.set(widget.key, show);
      this.#box.append(box);
    }
    const again = focus && this.#box.querySelector(`[data-key="${CSS.escape(focus)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {Widget} widget */
  #button({ key, label, help = "" }) {
    const state = { textContent: label, title: help, "data-key": key };
    const button = make("button", "es-press", { type: "button", ...state });
    button.toggleAttribute("data-main", key === "run");
    button.onclick = () => this.store.send({ press: key });
    return button;
  }
}
