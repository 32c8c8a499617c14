/** What the colors and the marks of the points tell: which groups there are, and how each of them looks. */
import { PlotPanel } from "../base/plot_panel.js";
import { colorMode, columnOf, groupColor, numberOf, possible } from "../data/color_modes.js";
import { FORMS, formOf } from "../render/forms.js";

/** @import { Shown } from "./motion.js" */

export class ColoredPanel extends PlotPanel {
  /** @type {Shown | null} */
  shown = null;

  /** The color mode: the one a person chose, else Python's; clusters if the run lacks what it needs. */
  get mode() {
    const mode = (this.spec.pinned ? null : this.store.color) ?? this.spec.color ?? "cluster";
    return possible(mode, this.store.info) ? mode : "cluster";
  }

  get colorMode() {
    const { mode, store } = this;
    const [column, number] = [columnOf(mode), numberOf(mode)];
    if (number !== null) {
      const known = store.current && store.serverColors.at(store.current.epoch)?.numbers?.[number];
      return colorMode(mode, { name: store.info?.numbers?.[number], ...known });
    }
    return colorMode(mode, column === null ? null : store.serverColors.feature(column));
  }

  /** Whether the colors are a number of each point, not a group. */
  get continuous() {
    return Boolean(this.colorMode.top);
  }

  /** Whether groups have shapes beside their colors. */
  get shaped() {
    return this.store.shapes && (this.mode === "class" || this.mode === "cluster");
  }

  /** The mark of a group of the mode; it goes with the color. @param {number} group */
  formOf(group) {
    if (!this.shaped) return FORMS[0];
    const hue = this.mode === "cluster" ? this.clusterHue(group, this.shown?.entry) : group;
    return FORMS[formOf(hue, this.theme.palette.length)];
  }

  /** The color of a group of the mode. @param {number} group */
  tone(group) {
    const ofClusters = this.mode === "cluster";
    return groupColor(this.mode, group, (i) => (ofClusters ? this.clusterColor(i, this.shown?.entry) : this.color(i)));
  }

  /** Names of the groups. @returns {string[]} */
  get groups() {
    const { info } = this.store;
    const { groups } = this.colorMode;
    if (groups) return groups;
    /** @type {{name?: string}[]} */
    const own = this.figure?.data ?? [];
    if (this.mode === "class") return (info?.classes?.length ? info.classes : own.map(({ name }) => name)).map(String);
    const k = info?.k ?? own.length;
    return Array.from({ length: k }, (_, i) => (this.spec.color === "cluster" && own[i]?.name) || `${i}`);
  }
}
