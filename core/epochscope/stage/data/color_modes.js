/**
 * What the colors of the points tell: groups (class, cluster, right or mistaken, moved or not) or a number of each point
 * (confidence, entropy, trust in its place, a feature of the data, a number that a loop logged). A feature is the mode "feature-12", by its
 * column in the data; a logged number is "number-0", by its place among their names.
 */

import { UnknownValue } from "./errors.js";
import { tr } from "./language.js";

/** @import { RunInfo } from "./types.js" */

export const GRAY = "#9aa1ab";
const STRONG = "#bd1f01";

/**
 * @typedef {object} ColorMode
 * @property {string} title
 * @property {string} about  in more words
 * @property {string[]} [needs]  what a run must provide
 * @property {[string, string]} [groups]  names, where they are always the same two
 * @property {number} [low]  of a number of each point: where its scale begins
 * @property {(k: number) => number} [top]  of a number of each point: where its scale ends, of k clusters
 *
 * @typedef {object} Feature  a number of each drawn point: a column of the data, or what a loop logged
 * @property {string} [name]
 * @property {string} [where]  of a pixel
 * @property {string[]} [names]  of all columns
 * @property {number} [low]
 * @property {number} [high]
 * @property {(number | null)[]} [values]  0 to 255; null for a point without one
 * @property {string} [error]  why there is none
 */

/** @type {Record<"class" | "cluster" | "confidence" | "entropy" | "mistakes" | "trust" | "changed", ColorMode>} */
export const COLOR_MODES = {
  class: { title: tr("true class"), about: tr("true class"), needs: ["truth"] },
  cluster: { title: tr("cluster"), about: tr("cluster") },
  confidence: { title: tr("confidence"), about: tr("confidence, the largest qᵢⱼ"), needs: ["q"], top: () => 1 },
  entropy: {
    title: tr("entropy of q"),
    about: tr("entropy −Σ qᵢⱼ ln qᵢⱼ, from sure (0) to even (ln k)"),
    needs: ["q"],
    top: (k) => Math.log(Math.max(2, k)),
  },
  mistakes: {
    title: tr("mistakes"),
    about: tr("whether the true class is the one matched to the cluster"),
    needs: ["truth"],
    groups: [tr("right"), tr("mistake")],
  },
  trust: {
    title: tr("trust"),
    about: tr("trust, the share of the 15 nearest neighbors among the codes that are also among the nearest here"),
    needs: ["z"],
    top: () => 1,
  },
  changed: {
    title: tr("just moved"),
    about: tr("whether the point has changed cluster since the epoch before"),
    groups: [tr("stayed"), tr("moved")],
  },
};

const WITH_SHAPES = "-shapes"; // a choice of colors whose groups have marks of their own, too
const SHAPED = ["class", "cluster"];

/** What colors can tell, as a menu: [choice, title] each; "feature" stands for all features. */
export const COLOR_MENU = [
  ...Object.entries(COLOR_MODES).flatMap(([mode, { title }]) => [
    [mode, title],
    ...(SHAPED.includes(mode) ? [[mode + WITH_SHAPES, tr("{name} + shapes", { name: title })]] : []),
  ]),
  ["feature", tr("a feature")],
];

/**
 * A choice of the menu or of a link: what the colors tell, and whether groups have shapes, too; null if there is none such.
 * @param {string} choice
 */
export function colorChoice(choice) {
  const shapes = choice.endsWith(WITH_SHAPES);
  const mode = shapes ? choice.slice(0, -WITH_SHAPES.length) : choice;
  return isColorMode(mode) && (!shapes || SHAPED.includes(mode)) ? { mode, shapes } : null;
}

/** The same; throws UnknownValue if there is none such. @param {string} choice */
export function choiceNamed(choice) {
  const chosen = colorChoice(choice);
  if (!chosen) throw new UnknownValue("color mode", choice, Object.keys(COLOR_MODES));
  return chosen;
}

/** The choice that a mode is, with shapes or without. @param {string} mode @param {boolean} shapes */
export const choiceOf = (mode, shapes) => (shapes && SHAPED.includes(mode) ? mode + WITH_SHAPES : mode);

const NUMBER = /^number-(\d{1,2})$/;
const FEATURE = /^feature-(\d{1,7})$/;

/** The column of the data that a mode shows, or null. @param {string} mode */
export const columnOf = (mode) => {
  const match = FEATURE.exec(mode);
  return match ? Number(match[1]) : null;
};

/** Which of the numbers of each point that a loop logged a mode shows, or null. @param {string} mode */
export const numberOf = (mode) => {
  const match = NUMBER.exec(mode);
  return match ? Number(match[1]) : null;
};

/** The modes of the logged numbers, as a menu. @param {RunInfo | null} info @returns {[string, string][]} */
export const numberModes = (info) => (info?.numbers ?? []).map((name, i) => [`number-${i}`, name]);

/** Whether there is such a mode. @param {string} mode */
export const isColorMode = (mode) =>
  Object.hasOwn(COLOR_MODES, mode) || columnOf(mode) !== null || numberOf(mode) !== null;

/**
 * What a mode shows.
 * @param {string} mode
 * @param {Feature | null} [feature]  of a mode that shows one: what is known of it so far
 * @returns {ColorMode}
 */
export function colorMode(mode, feature = null) {
  const column = columnOf(mode);
  if (column !== null) return featureMode(tr("feature {i}", { i: column }), feature ?? {});
  const number = numberOf(mode);
  if (number !== null) return featureMode(tr("number {i}", { i: number }), feature ?? {});
  if (!isColorMode(mode)) throw new UnknownValue("color mode", mode, [...Object.keys(COLOR_MODES), "feature-0"]);
  return COLOR_MODES[/** @type {keyof typeof COLOR_MODES} */ (mode)];
}

/** @param {number} value */
const rounded = (value) => Number(value.toPrecision(3));

/** @param {string} unnamed @param {Feature} feature @returns {ColorMode} */
function featureMode(unnamed, { name = unnamed, where, low = 0, high = 1, error }) {
  const about = tr("{name}, from {low} to {high}", {
    name: where ? `${name} (${where})` : name,
    low: rounded(low),
    high: rounded(high),
  });
  return { title: name.length > 24 ? `${name.slice(0, 23)}…` : name, about: error ?? about, low, top: () => high };
}

/**
 * Whether a run can be colored like that.
 * @param {string} mode
 * @param {RunInfo | null} info
 */
export const possible = (mode, info) =>
  !info ||
  ((numberOf(mode) ?? -1) < (info.numbers?.length ?? 0) &&
    (colorMode(mode).needs ?? []).every((name) => (name === "truth" ? info.truth : info.provides.includes(name))));

/** Whether the mode is a number of each point, painted through a color map. @param {string} mode */
export const isContinuous = (mode) => Boolean(colorMode(mode).top);

/**
 * The color of a group.
 * @param {string} mode
 * @param {number} group
 * @param {(group: number) => string} palette
 */
export const groupColor = (mode, group, palette) => (colorMode(mode).groups ? [GRAY, STRONG][group] : palette(group));
