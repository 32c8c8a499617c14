/** For a lecture: title, epoch and ACC in large type, and the keys that only make sense there. */

import { make, setText } from "../base/dom.js";
import { score } from "../base/format.js";
import { Panel } from "../base/panel.js";
import { presentScale } from "../base/room.js";
import { ntr, tr } from "../data/language.js";
import { Leader } from "../runtime/presentation.js";
import { drawnIcon } from "./icons.js";
import { stateOf, stateWords } from "./run_state.js";

/** Where letters are typed or a menu is open, keys belong to that. */
const TYPING =
  "input:not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false]),[role=dialog],dialog";
const AFTER_FULL_SCREEN = 300; // ms in which Esc only leaves the full screen

/** Fills the screen with the page, or gives it back. A browser may say no: then the window stays as it is. */
async function toggleFullScreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen?.();
  } catch {
    // the browser said no
  }
}

export class HeadlinePanel extends Panel {
  line = make("div", "es-headline", { "data-waits": "" });
  title = make("h1");
  chip = make("span", "es-state-chip");
  doing = make("span");
  epoch = make("b");
  acc = make("b");
  score = make("p", "", {}, "ACC ", this.acc);
  countButton = make("button", "", { type: "button", title: tr("One figure or two (1, 2)") });
  #leftFullScreen = Number.NEGATIVE_INFINITY; // ms
  shareButton = make("button", "", { type: "button", textContent: tr("QR code"), title: tr("Follow on a phone (Q)") });
  code = make("img");
  link = make("a", "", { target: "_blank" });
  whyNot = make("p", "es-share-why");
  audience = make("p");
  card = make("div", "es-share", { popover: "auto", role: "dialog", "aria-label": tr("Follow on a phone") });
  /** @type {Leader | null} */
  #leader = null;

  start() {
    this.countButton.onclick = () => this.setTriggerValue?.("count", this.data.count === 1 ? 2 : 1);
    const full = make("button", "", { type: "button", title: tr("Full screen (F)"), "aria-label": tr("Full screen") });
    full.append(drawnIcon("corners"));
    full.onclick = toggleFullScreen;
    this.shareButton.popoverTargetElement = this.card;
    this.card.append(make("h2", "", { textContent: tr("Follow on your phone") }), this.code, this.link, this.whyNot);
    this.card.append(this.audience);
    const label = tr("Close the presentation");
    const back = make("button", "", { type: "button", textContent: "✕", title: `${label} (Esc)`, "aria-label": label });
    back.onclick = () => this.#back();
    const buttons = make("div", "es-headline-buttons", {}, this.shareButton, this.countButton, full, back);
    const epoch = make("p", "", {}, `${tr("epoch")} `, this.epoch);
    const state = make("div", "es-headline-state", {}, this.chip, this.doing); // a failure takes three lines
    const name = make("div", "es-headline-name", {}, this.title, state);
    this.line.append(name, epoch, this.score, buttons);
    this.root.append(this.line, this.card);
    addEventListener("resize", this.#fitType);
    this.#fitType();
    document.addEventListener("keydown", this.#press);
    document.addEventListener("fullscreenchange", this.#fullScreenChanged);
    this.report.full = Boolean(document.fullscreenElement);
    super.start();
  }

  /** Type grows with the screen, so that it can be read from the last row. */
  #fitType = () => {
    const { dataset, style } = document.documentElement;
    style.setProperty("--es-scale", `${presentScale(innerWidth, innerHeight)}`);
    dataset.esPresents = ""; // nothing is seen before it has its size (server/page.css)
  };

  #fullScreenChanged = () => {
    this.report.full = Boolean(document.fullscreenElement);
    this.#leftFullScreen = performance.now();
  };

  /** @param {KeyboardEvent} event */
  #press = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const { key } = event;
    if (this.card.matches(":popover-open")) {
      if (key === "Escape" || key === "q" || key === "Q") this.card.hidePopover();
      return;
    }
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    // some browsers tell the page of the Esc that leaves the full screen, too
    const mayGoBack = !document.fullscreenElement && performance.now() - this.#leftFullScreen > AFTER_FULL_SCREEN;
    if (key === "f" || key === "F") toggleFullScreen();
    else if ((key === "q" || key === "Q") && this.data.share) this.card.showPopover();
    else if (key === "1" || key === "2") this.setTriggerValue?.("count", Number(key));
    else if (key === "Escape" && mayGoBack) this.#back();
    else return;
    event.preventDefault();
  };

  #back() {
    if (document.fullscreenElement) toggleFullScreen();
    this.setTriggerValue?.("back", true);
  }

  /** Shows how others follow, and tells them where the cursor is. */
  changed() {
    const { share } = this.data;
    this.shareButton.hidden = !share;
    if (share?.id !== this.#leader?.id) {
      this.#leader?.close();
      this.#leader = share
        ? new Leader(this.store.base, share, () => this.store.current?.epoch ?? null, this.#hear)
        : null;
      this.#hear({ followers: 0 });
    }
    this.#leader?.look();
    if (!share || this.link.textContent === share.link) return;
    this.code.src = share.code;
    this.code.alt = tr("QR code of {link}", { link: share.link });
    this.link.href = share.link;
    setText(this.link, share.link);
    setText(this.whyNot, share.why_not);
    this.whyNot.hidden = !share.why_not;
  }

  /** @param {{followers: number}} audience */
  #hear = ({ followers }) => {
    setText(this.audience, ntr("{n} is following", "{n} are following", followers));
    this.report.followers = followers;
  };

  paint() {
    const { store, data } = this;
    const entry = store.current;
    const acc = entry?.scores.acc;
    setText(this.title, data.title ?? "");
    this.title.title = this.title.textContent; // a long one is cut
    const { state, shown, title } = stateOf(store);
    if (entry || store.status.state || store.message.text) this.line.removeAttribute("data-waits");
    this.chip.dataset.state = shown;
    setText(this.chip, title);
    setText(this.doing, stateWords(store));
    this.line.dataset.state = state;
    this.doing.title = this.doing.textContent;
    setText(this.epoch, entry ? String(entry.epoch) : "–");
    setText(this.acc, score(acc));
    setText(this.countButton, data.count === 1 ? tr("2 figures") : tr("1 figure"));
    this.score.hidden = acc === undefined && (store.info?.truth === null || state === "failed"); // which needs the room
    Object.assign(this.report, { epoch: entry?.epoch ?? null, count: data.count, acc: this.acc.textContent });
  }

  destroy() {
    this.#leader?.close();
    document.removeEventListener("keydown", this.#press);
    document.removeEventListener("fullscreenchange", this.#fullScreenChanged);
    removeEventListener("resize", this.#fitType);
    document.documentElement.style.removeProperty("--es-scale");
    delete document.documentElement.dataset.esPresents;
    super.destroy();
  }
}
