/** What a lab says in words: claims, each with the number that supports it or does not, and lines of numbers. */

import { make } from "../base/dom.js";
import { Panel } from "../base/panel.js";

/** Text whose parts between ** are bold. */
const emphasized = (text) => text.split("**").map((part, i) => (i % 2 ? make("b", "", { textContent: part }) : part));

class Sayings extends Panel {
  constructor(...all) {
    super(...all);
    this.changed(); // the answer may have come before the panel
  }

  say() {}

  changed() {
    if (!this.store.answer) return;
    const items = this.items(this.store.answer);
    const key = JSON.stringify(items);
    if (key === this.key) return;
    this.key = key;
    this.list?.remove();
    this.list = make("ul", "es-sayings", {}, ...items.map((item) => this.line(item)));
    this.list.style.columnCount = this.spec.columns ?? 1;
    this.root.append(this.list);
    this.report.n = items.length;
  }
}

export class ClaimsPanel extends Sayings {
  items({ claims }) {
    return claims;
  }

  line([says, holds, off]) {
    const sign = make("i", "", {
      textContent: holds ? "✓" : "✕",
      title: holds ? "holds here" : "does not hold here",
      role: "img",
      "aria-label": holds ? "holds" : "does not hold",
    });
    return make(
      "li",
      "",
      { "data-holds": holds },
      sign,
      make("span", "", {}, ...emphasized(says), make("span", "es-off", { textContent: ` · off by ${off}` })),
    );
  }
}

export class WordsPanel extends Sayings {
  items({ lines }) {
    return lines[this.name] ?? [];
  }

  line(text) {
    return make("li", "", {}, make("span", "", {}, ...emphasized(text)));
  }
}
