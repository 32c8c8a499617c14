/** On the page of somebody who follows a presentation: a switch, and where the presentation is. */

import { make, setText } from "../base/dom.js";
import { Panel } from "../base/panel.js";
import { tr } from "../data/language.js";
import { Follower } from "../runtime/presentation.js";

/** @import { StageEvent } from "../runtime/store.js" */
/** @import { Heard } from "../runtime/presentation.js" */

export class FollowPanel extends Panel {
  /** The switch. */
  box = make("input", "", { type: "checkbox", role: "switch", checked: true });
  whereabouts = make("span", "", { role: "status" });
  /** Where the presentation is. @type {number | null} */
  #led = null;
  #on = false;
  #refusal = "";
  /** Whether the cursor is being moved from here. */
  #moving = false;
  /** @type {Follower | null} */
  #follower = null;

  start() {
    this.box.addEventListener("change", () => this.#catchUp());
    const label = make("label", "", {}, this.box, tr("Follow the presentation"));
    this.root.append(make("div", "es-follow", {}, label, this.whereabouts));
    super.start();
    this.#follower = new Follower(
      this.store.base,
      this.spec.presentation,
      (heard) => this.#hear(heard),
      (why) => {
        this.#refusal = why;
        this.box.checked = false;
        this.schedule();
      },
    );
  }

  /** @param {Heard | null} heard */
  #hear(heard) {
    this.#on = heard?.on ?? false;
    this.#led = heard?.epoch ?? this.#led;
    this.#catchUp();
  }

  /** Goes to where the presentation is, if that is wanted. */
  #catchUp() {
    const { cursor } = this.store;
    if (this.box.checked && this.#led !== null && cursor.epoch !== this.#led) {
      this.#moving = true;
      cursor.seek(this.#led);
      this.#moving = false;
    }
    this.schedule();
  }

  /** Whoever moves the cursor no longer follows. @param {StageEvent} event */
  changed(event) {
    if (event !== "cursor" || this.#moving || this.#led === null) return;
    if (this.store.cursor.epoch !== this.#led) this.box.checked = false;
  }

  paint() {
    const where =
      this.#led === null ? tr("Waiting for the presentation ...") : tr("It is at epoch {epoch}.", { epoch: this.#led });
    const ended = this.#led === null ? "" : ` ${tr("It is paused or over.")}`;
    setText(this.whereabouts, this.#refusal || (this.#on ? where : `${where}${ended}`));
    this.box.disabled = Boolean(this.#refusal);
    const { checked } = this.box;
    Object.assign(this.report, { epoch: this.store.cursor.epoch, led: this.#led, on: this.#on, follows: checked });
  }

  destroy() {
    this.#follower?.close();
    super.destroy();
  }
}
