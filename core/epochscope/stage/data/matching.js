/** Which class a cluster stands for: the best one-to-one map, on which ACC is based. */

/** @import { Epoch } from "./epoch.js" */

const MOST = 64; // clusters or classes; beyond it colors repeat several times anyway

/** @type {WeakMap<Epoch, number[]>} */
const known = new WeakMap();

/**
 * For each of `rows` rows a column of its own, so that the sum of the values is largest (Kuhn 1955); -1 for rows that are
 * left over. Shortest augmenting paths: rows^2 x columns steps.
 * @param {ArrayLike<number>} values  rows x columns
 * @param {number} rows
 * @param {number} columns
 * @returns {number[]}
 */
export function assignment(values, rows, columns) {
  const size = Math.max(rows, columns); // square, with zeros
  /** @param {number} i @param {number} j */
  const cost = (i, j) => (i < rows && j < columns ? -values[i * columns + j] : 0);
  const ofRow = new Float64Array(size + 1); // potentials
  const ofColumn = new Float64Array(size + 1);
  const taken = new Int32Array(size + 1); // row of each column, from 1; 0: none
  for (let row = 1; row <= size; row++) {
    const least = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(size + 1);
    const seen = new Uint8Array(size + 1);
    taken[0] = row;
    let column = 0;
    do {
      seen[column] = 1;
      const i = taken[column];
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= size; j++) {
        if (seen[j]) continue;
        const reduced = cost(i - 1, j - 1) - ofRow[i] - ofColumn[j];
        if (reduced < least[j]) [least[j], before[j]] = [reduced, column];
        if (least[j] < step) [step, next] = [least[j], j];
      }
      for (let j = 0; j <= size; j++) {
        if (seen[j]) [ofRow[taken[j]], ofColumn[j]] = [ofRow[taken[j]] + step, ofColumn[j] - step];
        else least[j] -= step;
      }
      column = next;
    } while (taken[column]);
    for (; column; column = before[column]) taken[column] = taken[before[column]];
  }
  const found = new Array(rows).fill(-1);
  for (let j = 1; j <= columns; j++) if (taken[j] && taken[j] <= rows) found[taken[j] - 1] = j - 1;
  return found;
}

/**
 * The number in the palette of each cluster at an epoch: that of the class it is matched to; clusters that are left over
 * have the numbers that no cluster took. Without classes or clusters each has its own number.
 * @param {Epoch | null} entry
 * @param {ArrayLike<number> | null | undefined} truth  class of each drawn point, -1: none
 * @param {number} k
 * @returns {number[]}
 */
export function clusterHues(entry, truth, k) {
  const own = () => Array.from({ length: k }, (_, c) => c);
  const labels = entry?.labels;
  if (!entry || !labels || !truth) return own();
  const before = known.get(entry);
  if (before?.length === k) return before;
  let classes = 0;
  for (let i = 0; i < truth.length; i++) classes = Math.max(classes, truth[i] + 1);
  if (!classes || Math.max(k, classes) > MOST) return own();
  const counts = new Float64Array(k * classes);
  for (let i = 0; i < labels.length && i < truth.length; i++)
    if (truth[i] >= 0 && labels[i] >= 0 && labels[i] < k) counts[labels[i] * classes + truth[i]]++;
  const of = assignment(counts, k, classes).map((c, j) => (c >= 0 && counts[j * classes + c] > 0 ? c : -1));
  const free = Array.from({ length: k + classes }, (_, c) => c).filter((c) => !of.includes(c));
  const hues = of.map((c) => (c >= 0 ? c : /** @type {number} */ (free.shift())));
  known.set(entry, hues);
  return hues;
}

/**
 * Clusters that have the color of another class than an epoch before, with that class.
 * @param {Epoch | null} before
 * @param {Epoch | null} now
 * @param {ArrayLike<number> | null | undefined} truth
 * @param {number} k
 * @returns {[cluster: number, hue: number][]}
 */
export function rematched(before, now, truth, k) {
  if (!truth || !before?.labels || !now?.labels) return [];
  const [old, hues] = [clusterHues(before, truth, k), clusterHues(now, truth, k)];
  return hues.flatMap((hue, c) => (hue === old[c] ? [] : [/** @type {[number, number]} */ ([c, hue])]));
}
