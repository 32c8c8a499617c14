/**
 * What the colours of the points tell: groups (class, cluster, right or mistaken, moved or not) or a number of each point
 * (confidence, entropy, a feature of the data). Entropies, the match of clusters to classes and features come from the
 * server, when they are asked for. A feature is the mode "feature-12", by its column in the data.
 */
export const GREY = "#9aa1ab";
const STRONG = "#bd1f01";

/** Mode -> in words; `needs`: what a run must provide; `groups`: names where they are always the same. */
export const HUES = {
  class: { title: "true class", about: "true class", needs: ["truth"] },
  cluster: { title: "cluster", about: "cluster" },
  confidence: { title: "confidence", about: "confidence, the largest qᵢⱼ", needs: ["q"], top: () => 1 },
  entropy: {
    title: "entropy of q",
    about: "entropy −Σ qᵢⱼ ln qᵢⱼ, from sure (0) to even (ln k)",
    needs: ["q"],
    top: (k) => Math.log(Math.max(2, k)),
    asked: true,
  },
  mistakes: {
    title: "mistakes",
    about: "whether the class is that of the cluster, by the best match",
    needs: ["truth"],
    groups: ["right", "mistake"],
    asked: true,
  },
  changed: {
    title: "just moved",
    about: "whether the cluster is another than an epoch before",
    groups: ["stayed", "moved"],
  },
};

/** What colours can tell, in words; "feature" stands for all of them. */
export const COLORS = {
  ...Object.fromEntries(Object.entries(HUES).map(([mode, { title }]) => [mode, title])),
  feature: "a feature",
};
const FEATURE = /^feature-(\d{1,7})$/;
/** The column of the data that a mode shows, or null. */
export const columnOf = (mode) => (FEATURE.test(mode) ? Number(FEATURE.exec(mode)[1]) : null);
/** Whether an address may ask for that. */
export const isMode = (mode) => Object.hasOwn(HUES, mode ?? "") || columnOf(mode) !== null;
const rounded = (value) => Number(value.toPrecision(3));

/** A mode as HUES describes it; of a feature what is known of it so far. */
export function hueOf(mode, store) {
  const column = columnOf(mode);
  if (column === null) return HUES[mode];
  const { name = `feature ${column}`, where, low = 0, high = 1, error } = store.hueing.feature(column) ?? {};
  const about = `${name}${where ? ` (${where})` : ""}, from ${rounded(low)} to ${rounded(high)}`;
  return { title: name.length > 24 ? `${name.slice(0, 23)}…` : name, about: error ?? about, low, top: () => high };
}

/** Whether a run can be coloured like that. */
export const possible = (mode, info) =>
  !info || (HUES[mode]?.needs ?? []).every((name) => (name === "truth" ? info.truth : info.provides?.includes(name)));

/** Whether the mode is a number of each point, painted through a colour map. */
export const continuous = (mode) => Boolean(HUES[mode]?.top) || columnOf(mode) !== null;

/** The group of each point; null for numbers, or while it is not known. */
export function groupsOf(mode, store, entry) {
  if (mode === "class") return store.info?.truth;
  if (mode === "cluster") return entry?.labels;
  const { labels } = entry ?? {};
  if (!labels || continuous(mode)) return null;
  if (mode === "changed") {
    const last = store.before(entry.epoch)?.labels;
    return labels.map((label, i) => (last && last[i] !== label ? 1 : 0));
  }
  const match = store.hues(entry)?.match;
  const truth = store.info?.truth;
  return match && truth ? labels.map((label, i) => (match[label] === truth[i] ? 0 : 1)) : null;
}

/** A number of each point, 0 to 255 on the colour map. */
export function valuesOf(mode, store, entry) {
  if (mode === "confidence") return entry?.confidence;
  if (columnOf(mode) !== null) return store.hueing.feature(columnOf(mode))?.values;
  return mode === "entropy" && entry ? store.hues(entry)?.entropy : null;
}

/** The colour of a group. */
export const toneOf = (mode, group, palette) => (HUES[mode]?.groups ? [GREY, STRONG][group] : palette(group));

/** Fetches what the server must work out: for one epoch once, and never two at a time; a feature once. */
export class Hues {
  constructor(store) {
    this.store = store;
    this.known = new Map(); // epoch -> {match, entropy}
    this.last = null;
    this.features = new Map(); // column -> {name, names, low, high, values} or {error}; null: on its way
  }

  /** A column of the data; null while it is on its way. */
  feature(column) {
    const { info } = this.store;
    if (info && !(column < info.f))
      return { error: `none: these data have no feature ${column}, choose one from 0 to ${info.f - 1}` };
    if (info && !this.features.has(column)) this.#fetch(column);
    return this.features.get(column);
  }

  async #fetch(column) {
    this.features.set(column, null);
    try {
      const response = await fetch(this.store.url(`feature?column=${column}`));
      this.features.set(column, await response.json());
      this.store.tell("view");
    } catch {
      this.features.delete(column); // the server is away: asked again when something changes
    }
  }

  /** For an epoch; while it is on its way, that of the epoch shown before. */
  at(epoch) {
    if (this.known.has(epoch)) return (this.last = this.known.get(epoch));
    this.wanted = epoch;
    this.#ask();
    return this.last;
  }

  async #ask() {
    if (this.asking) return;
    this.asking = true;
    while (this.wanted !== null && this.wanted !== undefined) {
      const epoch = this.wanted;
      this.wanted = null;
      try {
        const response = await fetch(this.store.url(`hues?epoch=${epoch}`));
        if (!response.ok) break;
        this.known.set(epoch, await response.json());
        this.store.tell("data");
      } catch {
        break; // the server is away: asked again when something changes
      }
    }
    this.asking = false;
  }
}
