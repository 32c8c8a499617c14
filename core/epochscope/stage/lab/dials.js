/** The controls of a lab: sliders, menus, switches, buttons. They answer at once; the desk on the server decides what they mean. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";

let serial = 0;

export class DialsPanel extends Panel {
  constructor(...all) {
    super(...all);
    this.changed(); // the answer may have come before the panel
  }

  say() {}

  changed() {
    const controls = this.store.answer?.controls;
    if (!controls) return;
    const shape = JSON.stringify(controls.map(({ value, ...rest }) => rest));
    if (shape !== this.shape) {
      this.shape = shape;
      this.#build(controls);
    }
    if (this.store.settled) for (const { key, value } of controls) this.fields.get(key)?.(value);
    Object.assign(this.report, {
      told: this.store.answer.serial,
      values: Object.fromEntries(controls.map(({ key, value }) => [key, value])),
    });
  }

  /** Draws all of them anew; what had the focus has it again. */
  #build(controls) {
    const focus = this.box?.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.box?.remove();
    this.box = make("div", "es-dials");
    this.fields = new Map(); // key -> shows a value
    let row = null;
    for (const control of controls) {
      if (control.look === "button") {
        row ??= this.box.appendChild(make("div", "es-dial-row"));
        row.append(this.#button(control));
      } else {
        row = null;
        this.box.append(this[`_${control.look}`](control));
      }
    }
    this.root.append(this.box);
    if (focus) this.box.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  #set(key, text) {
    this.store.tell({ set: { [key]: text } });
  }

  #named({ key, label, help }, field, ...more) {
    const id = `es-dial-${++serial}`;
    Object.assign(field, { id });
    field.dataset.key = key;
    const head = make("div", "es-dial-head", {}, make("label", "", { htmlFor: id, textContent: label }));
    if (help)
      head.append(
        make("span", "es-help", { textContent: "?", title: help, tabIndex: 0, role: "note", "aria-label": help }),
      );
    head.append(...more);
    return make("div", "es-dial", { "data-dial": key }, head, field);
  }

  _slider(control) {
    const { key, options } = control;
    const now = make("output");
    const field = make("input", "", { type: "range", min: 0, max: options.length - 1, step: 1 });
    const show = (value) => {
      now.textContent = value;
      field.setAttribute("aria-valuetext", value);
      field.style.setProperty("--es-part", `${(100 * options.indexOf(value)) / Math.max(1, options.length - 1)}%`);
    };
    field.oninput = () => {
      show(options[field.value]);
      this.#set(key, options[field.value]);
    };
    this.fields.set(key, (value) => {
      field.value = options.indexOf(value);
      show(value);
    });
    return this.#named(control, field, now);
  }

  _menu(control) {
    const field = make(
      "select",
      "",
      {},
      ...control.options.map((value) => make("option", "", { value, textContent: value })),
    );
    field.onchange = () => this.#set(control.key, field.value);
    this.fields.set(control.key, (value) => (field.value = value));
    return this.#named(control, field);
  }

  _switch(control) {
    const field = make("input", "es-switch", { type: "checkbox", role: "switch" });
    field.onchange = () => this.#set(control.key, field.checked ? "yes" : "no");
    this.fields.set(control.key, (value) => (field.checked = value === "yes"));
    const named = this.#named(control, field);
    named.classList.add("es-dial-switch");
    return named;
  }

  _pills(control) {
    const field = make("div", "es-dial-row", { role: "radiogroup", "aria-label": control.label });
    const pills = control.options.map((value) => {
      const pill = make("button", "es-pill", {
        type: "button",
        textContent: value,
        role: "radio",
        "data-key": `${control.key}-${value}`,
      });
      pill.onclick = () => this.#set(control.key, value);
      return pill;
    });
    field.append(...pills);
    this.fields.set(control.key, (value) =>
      pills.forEach((pill, i) => pill.setAttribute("aria-checked", control.options[i] === value)),
    );
    return this.#named(control, field);
  }

  #button({ key, label, help }) {
    const button = make("button", "es-press", { type: "button", textContent: label, title: help, "data-key": key });
    button.toggleAttribute("data-main", key === "run");
    button.onclick = () => this.store.tell({ press: key });
    return button;
  }
}
