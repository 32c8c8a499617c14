/**
 * What the colours of the points tell: groups (class, cluster, right or mistaken, moved or not) or a number of each point
 * (confidence, entropy). Entropies and the match of clusters to classes come from the server, when they are asked for.
 */
export const GREY = "#9aa1ab";
const STRONG = "#bd1f01";

/** Mode -> in words; `needs`: what a run must provide; `groups`: names where they are always the same. */
export const HUES = {
  class: { title: "true class", about: "true class", needs: ["truth"] },
  cluster: { title: "cluster", about: "cluster" },
  confidence: { title: "confidence", about: "confidence, the largest qᵢⱼ", needs: ["q"], top: () => 1 },
  entropy: { title: "entropy of q", about: "entropy −Σ qᵢⱼ ln qᵢⱼ, from sure (0) to even (ln k)", needs: ["q"], top: (k) => Math.log(Math.max(2, k)), asked: true },
  mistakes: { title: "mistakes", about: "whether the class is that of the cluster, by the best match", needs: ["truth"], groups: ["right", "mistake"], asked: true },
  changed: { title: "just moved", about: "whether the cluster is another than an epoch before", groups: ["stayed", "moved"] },
};

/** Whether a run can be coloured like that. */
export const possible = (mode, info) =>
  !info || (HUES[mode]?.needs ?? []).every((name) => (name === "truth" ? info.truth : info.provides?.includes(name)));

/** Whether the mode is a number of each point, painted through a colour map. */
export const continuous = (mode) => Boolean(HUES[mode]?.top);

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
  return mode === "entropy" && entry ? store.hues(entry)?.entropy : null;
}

/** The colour of a group. */
export const toneOf = (mode, group, palette) => (HUES[mode]?.groups ? [GREY, STRONG][group] : palette(group));

/** Fetches what the server must work out for one epoch; once, and never two at a time. */
export class Hues {
  constructor(store) {
    this.store = store;
    this.known = new Map(); // epoch -> {match, entropy}
    this.last = null;
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
