/** Below the points: what the colours mean, and one line that says what is drawn. */

import { make } from "../base/dom.js";
import { count } from "../base/panel.js";
import { hueOf } from "../data/color_modes.js";

export class Key {
  constructor(panel) {
    this.panel = panel;
    this.box = make("div", "es-key", {
      role: "group",
      "aria-label": "Colours; click to hide, double-click to show alone",
    });
    this.caption = make("div", "es-caption");
    panel.root.append(make("div", "es-foot", {}, this.box, this.caption));
  }

  /** One button a group, which hides it; a double click leaves it alone. */
  dress() {
    const { panel } = this;
    const names = panel.continuous ? [] : panel.groups;
    const hidden = panel.store.hidden[panel.mode];
    this.box.replaceChildren(
      ...names.map((name, i) => {
        const dot = make("i");
        dot.style.background = panel.tone(i);
        const item = make("button", "", { type: "button", "aria-pressed": String(!hidden.has(i)) }, dot, String(name));
        item.onclick = (event) => event.detail < 2 && this.#toggle(i, false);
        item.ondblclick = () => this.#toggle(i, true);
        return item;
      }),
    );
  }

  #toggle(group, alone) {
    const { store, mode, groups } = this.panel;
    const now = new Set(store.hidden[mode]);
    if (alone) {
      const others = groups.map((_, i) => i).filter((i) => i !== group);
      const isolated = others.every((i) => now.has(i)) && !now.has(group);
      store.hide(mode, isolated ? [] : others);
    } else {
      now.has(group) ? now.delete(group) : now.add(group);
      store.hide(mode, now);
    }
  }

  words() {
    const { panel, caption } = this;
    const { store, shown, spec } = panel;
    const about = store.info?.projections?.find((p) => p.key === panel.projection);
    const epoch = store.current?.epoch;
    if (!shown) {
      const refused = store.refused.get(panel.projection);
      panel.say(
        store.message.text
          ? ""
          : refused
            ? refused
            : epoch === undefined
              ? "Waiting for the first epoch ..."
              : store.live
                ? "The first picture is being computed ..."
                : "No pictures were computed for this run.",
      );
      caption.textContent = "";
      return;
    }
    panel.say("");
    const title = spec.title ?? about?.title ?? panel.projection;
    const note = spec.note ?? about?.note;
    const n = shown.to.length >> 1;
    const size =
      store.info?.n && store.info.n !== n ? `${count(n)} of ${count(store.info.n)} points` : `${count(n)} points`;
    const colors = hueOf(panel.mode, store)?.about;
    const parts = [note ? `${title} ${note}` : title, size, `colours: ${colors}`];
    if (shown.frame.epoch !== epoch)
      parts.unshift(
        store.live
          ? `showing epoch ${shown.frame.epoch}; epoch ${epoch} is being computed`
          : `showing epoch ${shown.frame.epoch}; none for epoch ${epoch}`,
      );
    const text = parts.join(" · ");
    if (caption.textContent !== text) caption.textContent = caption.title = text;
    // two lines where the key leaves the room
    const lines = this.box.offsetHeight > 20 ? "1" : "2";
    if (caption.dataset.lines !== lines) {
      caption.dataset.lines = lines;
      panel.root.toggleAttribute("data-crowded", lines === "1"); // the key takes the line of the axis title
    }
    const { selection } = store;
    panel.chip.hidden = !selection;
    if (selection) panel.chosen.textContent = `${count(selection.count)} selected`;
  }
}
