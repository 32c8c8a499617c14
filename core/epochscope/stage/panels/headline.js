/** For a lecture: title, epoch and ACC in large type, and the keys that only make sense there. */

import { make } from "../base/dom.js";
import { Panel, percent } from "../base/panel.js";

/** Where letters are typed or a menu is open, keys belong to that. */
const TYPING = "input:not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false]),[role=dialog]";
const CORNERS =
  '<svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4"/></svg>';

/** Fills the screen with the page, or gives it back. */
export function toggleFull() {
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
  return Promise.resolve(done).catch(() => {}); // a browser may say no: then the window stays as it is
}

export class HeadlinePanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    this.title = make("h1");
    this.epoch = make("b");
    this.acc = make("b");
    this.score = make("p", "", {}, "ACC ", this.acc);
    this.count = make("button", "", { type: "button", title: "One figure or two (1, 2)" });
    this.count.onclick = () => this.setTriggerValue?.("count", this.data.count === 1 ? 2 : 1);
    this.full = make("button", "", { type: "button", title: "Full screen (F)", "aria-label": "Full screen" });
    this.full.innerHTML = CORNERS;
    this.full.onclick = () => toggleFull();
    const back = make("button", "", {
      type: "button",
      textContent: "✕",
      title: "Back to the stage (Esc)",
      "aria-label": "Back to the stage",
    });
    back.onclick = () => this.#back();
    const buttons = make("div", "", {}, this.count, this.full, back);
    this.root.append(
      make("div", "es-headline", {}, this.title, make("p", "", {}, "epoch ", this.epoch), this.score, buttons),
    );
    this.keys = (event) => this.#key(event);
    this.shown = () => {
      this.report.full = Boolean(document.fullscreenElement);
      this.left = performance.now();
    };
    document.addEventListener("keydown", this.keys);
    document.addEventListener("fullscreenchange", this.shown);
    this.shown();
  }

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    if (event.key === "f" || event.key === "F") toggleFull();
    else if (event.key === "1" || event.key === "2") this.setTriggerValue?.("count", Number(event.key));
    // Esc leaves the full screen first; some browsers tell the page of that key, too
    else if (event.key === "Escape" && !document.fullscreenElement && performance.now() - this.left > 300) this.#back();
    else return;
    event.preventDefault();
  }

  #back() {
    if (document.fullscreenElement) toggleFull();
    this.setTriggerValue?.("back", true);
  }

  paint() {
    const { store, data } = this;
    const entry = store.current;
    const acc = entry?.scores?.acc;
    const words = [
      [this.title, data.title ?? ""],
      [this.epoch, entry ? String(entry.epoch) : "–"],
      [this.acc, percent(acc)],
      [this.count, data.count === 1 ? "2 figures" : "1 figure"],
    ];
    for (const [element, text] of words) if (element.textContent !== text) element.textContent = text;
    this.score.hidden = store.info?.truth === null && acc === undefined;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, count: data.count, acc: this.acc.textContent });
  }

  destroy() {
    document.removeEventListener("keydown", this.keys);
    document.removeEventListener("fullscreenchange", this.shown);
    super.destroy();
  }
}
