/** Legend of the points: the meaning of the colors, and a caption. */

import { keepChildren, make, setAttributes, setText } from "../base/dom.js";
import { count, percent } from "../base/format.js";
import { Roving } from "../base/roving.js";
import { marked, tr } from "../data/language.js";
import { rematched } from "../data/matching.js";
import { shortened } from "../panels/curve_legend.js";
import { trustsOf } from "../runtime/frame_trust.js";
import { dotsOf } from "./screen.js";

/** @import { PointsPanel } from "./points_panel.js" */

const MOST_LETTERS = 20; // of a name in the key
const MOST_REMATCHED = 2; // clusters that are named

/** 2nd, 3rd, 4th ... @param {number} n */
const ordinal = (n) => tr(ORDINALS[n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] ?? ORDINALS[0], { n });
const ORDINALS = [marked("{n}th"), marked("{n}st"), marked("{n}nd"), marked("{n}rd")];

/**
 * What there is to know of a key with more groups than colors.
 * @param {number} groups
 * @param {number} colors
 * @param {boolean} shapes  whether groups of one color differ by their marks
 * @param {boolean} scrolls  whether the key has more than is seen of it
 */
export function repetition(groups, colors, shapes, scrolls) {
  const share = tr("{groups} groups share {colors} colors", { groups, colors });
  return `${share}${shapes ? tr(", told apart by shapes") : ""}${scrolls ? tr("; the key scrolls") : ""}`;
}

/**
 * What has changed in the colors of clusters, which are those of the classes they are matched to.
 * @param {[cluster: number, hue: number][]} anew
 * @param {string[]} classes
 */
export function matchingWords(anew, classes = []) {
  if (anew.length > MOST_REMATCHED)
    return tr("{n} clusters have new colors: they now match other classes", { n: anew.length });
  const words = anew.map(([cluster, hue]) =>
    hue < classes.length
      ? tr("cluster {cluster} now matches class {name}", { cluster, name: classes[hue] })
      : tr("cluster {cluster} no longer matches a class", { cluster }),
  );
  return words.join(", ");
}

/**
 * Why the picture of another epoch is shown than that of the cursor.
 * @param {{drawn: number, epoch: number, live: boolean, refused: string}} what  `refused`: why no more come; else empty
 */
export function otherEpoch({ drawn, epoch, live, refused }) {
  if (refused) return tr("showing epoch {drawn}; none for epoch {epoch}: {why}", { drawn, epoch, why: refused });
  if (live) return tr("showing epoch {drawn}; epoch {epoch} is being computed", { drawn, epoch });
  return tr("showing epoch {drawn}; none for epoch {epoch}", { drawn, epoch });
}

export class Legend {
  #fitted = ""; // for what the caption was fitted

  /** @param {PointsPanel} panel */
  constructor(panel) {
    this.panel = panel;
    const label = tr("Colors; click to hide, double-click to show alone");
    this.box = make("div", "es-legend", { role: "group", "aria-label": label });
    this.roving = new Roving(this.box);
    this.caption = make("div", "es-caption");
    this.foot = make("div", "es-foot", { "data-waits": "" }, this.box, this.caption);
    panel.root.append(this.foot);
  }

  /** For a picture to keep: the groups that are shown, and the caption. */
  get kept() {
    const { mode, store, continuous, groups } = this.panel;
    const hidden = store.hiddenIn(mode);
    /** @type {[string, string][]} */
    const named = continuous ? [] : groups.map((name, i) => [name, this.panel.tone(i)]);
    return { groups: named.filter((_, i) => !hidden.has(i)), caption: this.caption.textContent };
  }

  /** One button per group, which hides it; a double click hides all others. */
  refreshGroups() {
    const { panel } = this;
    const names = panel.continuous ? [] : panel.groups;
    const hidden = panel.store.hiddenIn(panel.mode);
    const items = keepChildren(this.box, names.length, () => make("button", "", { type: "button" }, make("i"), ""));
    for (const [i, name] of names.entries()) {
      const item = items[i];
      const label = /** @type {Text} */ (item.lastChild);
      const short = shortened(name, MOST_LETTERS);
      if (label.data !== short) label.data = short;
      setAttributes(item, { "aria-pressed": !hidden.has(i), "aria-label": name, title: short === name ? "" : name });
      item.onclick = (event) => {
        if (event.detail < 2) this.#toggle(i, false);
      };
      item.ondblclick = () => this.#toggle(i, true);
    }
    this.recolor();
    this.roving.refresh();
  }

  /** Gives the buttons the colors and the marks that their groups have now. */
  recolor() {
    const { panel } = this;
    for (const [i, item] of [...this.box.children].entries()) {
      const dot = item.querySelector("i");
      if (!dot) continue;
      dot.style.background = panel.tone(i);
      const form = panel.formOf(i);
      if (dot.dataset.form !== form) dot.dataset.form = form;
    }
  }

  /** @param {number} group @param {boolean} alone  whether all others are to be hidden */
  #toggle(group, alone) {
    const { store, mode, groups } = this.panel;
    const now = new Set(store.hiddenIn(mode));
    if (alone) {
      const others = groups.map((_, i) => i).filter((i) => i !== group);
      const isolated = others.every((i) => now.has(i)) && !now.has(group);
      store.hide(mode, isolated ? [] : others);
    } else {
      if (!now.delete(group)) now.add(group);
      store.hide(mode, now);
    }
  }

  /** Says what is drawn, or why nothing is. */
  refreshCaption() {
    const { panel, caption } = this;
    const { store } = panel;
    const none = panel.shown && panel.shown.nowhere === panel.shown.to.length >> 1;
    panel.say(none ? tr("All codes are NaN or infinite at this epoch.") : panel.shown ? "" : this.#whyNothing());
    const text = panel.shown ? this.#words() : "";
    setText(caption, text);
    const about = panel.data.about ? `${text}. ${panel.data.about}` : text;
    if (caption.title !== about) caption.title = about;
    if (!panel.shown) return;
    this.#fit(text);
    this.foot.removeAttribute("data-waits"); // names come after marks: neither is seen before both are there
    const { selection } = store;
    panel.chip.hidden = !selection;
    if (selection) setText(panel.chosen, tr("{n} selected", { n: count(selection.count) }));
  }

  /** Gives the caption the lines that the groups leave. To look how high they are costs a layout: only after a change. @param {string} text */
  #fit(text) {
    const { panel, caption } = this;
    const { mode, groups, view } = panel;
    const key = JSON.stringify([text, mode, groups, view?.width, view?.height]);
    if (key === this.#fitted) return;
    this.#fitted = key;
    this.box.toggleAttribute("data-more", this.box.scrollHeight > this.box.clientHeight + 2);
    const lines = this.box.offsetHeight > 20 ? "1" : "2"; // two where the groups leave the room
    if (caption.dataset.lines !== lines) caption.dataset.lines = lines;
    // groups or a caption of two lines take the line of the axis title
    panel.root.toggleAttribute("data-crowded", lines === "1" || caption.offsetHeight > 22);
  }

  #whyNothing() {
    const { store, projection } = this.panel;
    if (store.message.text) return "";
    const refused = projection && store.refused.get(projection);
    if (refused) return refused;
    if (!store.current) return tr("Waiting for the first epoch ...");
    return store.live ? tr("The first picture is being computed ...") : tr("No pictures were computed for this run.");
  }

  #words() {
    const { panel } = this;
    const { store, shown, spec, projection, colorMode } = panel;
    if (!shown) return "";
    const known = store.info?.projections?.find(({ key }) => key === projection);
    const title = spec.title ?? known?.title ?? projection;
    const note = tr(spec.note ?? known?.note);
    const n = shown.to.length >> 1;
    const all = store.info?.n;
    const every = store.info?.every ?? 1;
    const size =
      all && all !== n
        ? tr("{n} of {all} points, a random sample", { n: count(n), all: count(all) })
        : tr("all {n} points", { n: count(n) });
    const placed =
      spec.landmarks < n
        ? tr(", {n} of them laid out, the others placed among these", { n: count(spec.landmarks) })
        : "";
    const dots = dotsOf(store.info, n);
    const density = dots < n ? tr(", their density, and {n} of them as dots", { n: count(dots) }) : "";
    const kept =
      typeof shown.frame.trust !== "number" ? "" : tr(", trust {percent}", { percent: percent(shown.frame.trust, 0) });
    const parts = [
      `${title}${note ? ` ${note}` : ""}${kept}`,
      size + placed + density,
      tr("colors: {about}", { about: colorMode.about }),
    ];
    const trust = panel.mode === "trust" ? trustsOf(store).at(projection, shown.frame.epoch) : null;
    if (trust && trust.of < n) parts.push(tr("trust of {n} of {all} points", { n: count(trust.of), all: count(n) }));
    const { current, info } = store;
    const anew = rematched(current && store.before(current.epoch), current, info?.truth, info?.k ?? 0);
    if (anew.length) parts.unshift(matchingWords(anew, info?.classes));
    const { children, scrollHeight, clientHeight } = this.box;
    const colors = panel.theme.palette.length;
    if (children.length > colors)
      parts.unshift(repetition(children.length, colors, panel.shaped, scrollHeight > clientHeight + 2));
    if (every > 1)
      parts.push(tr("codes, Q and P stored at every {nth} epoch, labels at each", { nth: ordinal(every) }));
    const { box } = shown.frame;
    const { nowhere } = shown;
    if (nowhere) parts.unshift(tr("{n} points have no place: their codes are NaN or infinite", { n: count(nowhere) }));
    else if (n > 1 && box[0] === box[1] && box[2] === box[3])
      parts.unshift(tr("all points coincide: the codes are one point"));
    const epoch = store.current?.epoch;
    const { cursor, live } = store;
    const asked = cursor.clock === "epoch" ? cursor.epoch : null;
    if (!live && asked !== null && epoch !== undefined && asked > epoch)
      parts.unshift(tr("ended at epoch {epoch}", { epoch }));
    const drawn = shown.frame.epoch;
    if (drawn !== epoch && epoch !== undefined) {
      const refused = (projection && store.refused.get(projection)) ?? "";
      parts.unshift(otherEpoch({ drawn, epoch, live: store.live, refused }));
    }
    return parts.join(" · ");
  }
}
