/** The texts of a lab: claims, each with its residual, and lines of numbers. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { tr } from "../data/language.js";

/** @import { Answer, LabSession } from "./lab_session.js" */

/** Text whose parts between ** are bold. @param {string} text */
const emphasized = (text) => text.split("**").map((part, i) => (i % 2 ? make("b", "", { textContent: part }) : part));

/** A list that follows the answers of a lab. @extends {Panel<LabSession>} */
class ListPanel extends Panel {
  #list = make("ul", "es-claims");
  #shown = "";

  start() {
    this.#list.style.columnCount = this.spec.columns ?? 1;
    this.root.append(this.#list);
    super.start();
  }

  /** Only the charts of a lab say what it is waiting for. */
  showMessage() {}

  changed() {
    if (!this.store.answer) return;
    const items = this.items(this.store.answer);
    const key = items.map((item) => item.outerHTML).join();
    this.report.n = items.length;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#list.replaceChildren(...items);
  }

  /** @param {Answer} _answer @returns {HTMLElement[]} */
  items(_answer) {
    return [];
  }
}

export class ClaimsPanel extends ListPanel {
  /** @param {Answer} answer */
  items({ claims }) {
    return claims.map(([says, holds, off]) => {
      const title = holds ? tr("holds here") : tr("does not hold here");
      const label = holds ? tr("holds") : tr("does not hold");
      const sign = make("i", "", { textContent: holds ? "✓" : "✕", title, role: "img", "aria-label": label });
      const residual = make("span", "es-off", { textContent: ` · ${tr("residual {off}", { off })}` });
      return make("li", "", { "data-holds": holds }, sign, make("span", "", {}, ...emphasized(says), residual));
    });
  }
}

export class WordsPanel extends ListPanel {
  /** @param {Answer} answer */
  items({ lines }) {
    return (lines[this.name] ?? []).map((text) => make("li", "", {}, make("span", "", {}, ...emphasized(text))));
  }
}
