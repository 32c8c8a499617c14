/**
 * What figures show, in words made of their data: the text alternative of each, and a table where the data are few. Pure:
 * numbers in, sentences out.
 */

/**
 * @typedef {object} Table  numbers of a figure
 * @property {string[]} columns  their names
 * @property {(string | number)[][]} rows
 *
 * @typedef {object} Curve
 * @property {string} name
 * @property {number[]} x  epochs (or seconds)
 * @property {(number | null)[]} y
 */

/** 5,000 rather than 5000. @param {number} n */
const count = (n) => n.toLocaleString("en-US");

/** One thing, two things. @param {number} n @param {string} thing @param {string} [things] */
const counted = (n, thing, things = `${thing}s`) => `${count(n)} ${n === 1 ? thing : things}`;

/** A number with three digits. @param {number} value */
export const spoken = (value) => {
  const short = Number(value.toPrecision(3));
  return (Math.abs(short) >= 1000 ? count(short) : String(short)).replace("-", "−");
};

/** Where the numbers are of. @param {number | null | undefined} epoch @param {string} [phase] */
export const at = (epoch, phase = "") =>
  typeof epoch === "number" ? ` at epoch ${epoch}${phase ? ` (${phase})` : ""}` : "";

/** @param {(number | null)[]} values */
function finite(values) {
  /** @type {[place: number, value: number][]} */
  const found = [];
  for (const [i, value] of values.entries())
    if (typeof value === "number" && Number.isFinite(value)) found.push([i, value]);
  return found;
}

/** Place and value of the largest and of the smallest, the first of several. @param {[number, number][]} numbers */
function extremes(numbers) {
  let [most, least] = [numbers[0], numbers[0]];
  for (const one of numbers) {
    if (one[1] > most[1]) most = one;
    if (one[1] < least[1]) least = one;
  }
  return { most, least };
}

/**
 * The points in the plane.
 * @param {object} what
 * @param {string} what.title
 * @param {number} what.n  points that are shown
 * @param {number} [what.all]  of how many
 * @param {number | null} [what.epoch]
 * @param {string} [what.phase]
 * @param {number[] | null} [what.sizes]  points of each cluster
 * @param {string} [what.colors]  what the colors tell
 * @param {string[]} [what.shows]  what lies over the points
 * @param {number} [what.selected]
 */
export function pointsSentence({ title, n, all = n, epoch, phase, sizes, colors, shows = [], selected = 0 }) {
  const points = all === n ? counted(n, "point") : `${count(n)} of ${counted(all, "point")}`;
  const numbers = finite(sizes ?? []);
  const clusters = numbers.length ? ` in ${counted(numbers.length, "cluster")}` : "";
  const parts = [`${title} of ${points}${clusters}${at(epoch, phase)}`];
  if (numbers.length) parts.push(sizesInWords(numbers));
  if (colors) parts.push(`colors: ${colors}`);
  if (shows.length) parts.push(`over the points: ${shows.join(", ")}`);
  if (selected) parts.push(`${count(selected)} selected`);
  return `${parts.join("; ")}.`;
}

/** @param {[number, number][]} numbers */
function sizesInWords(numbers) {
  const { most, least } = extremes(numbers);
  const largest = `largest cluster ${most[0]} with ${counted(most[1], "point")}`;
  const empty = numbers.filter(([, value]) => value === 0).length;
  if (empty) return `${largest}, ${count(empty)} empty`;
  return numbers.length > 1 ? `${largest}, smallest cluster ${least[0]} with ${count(least[1])}` : largest;
}

/**
 * Curves, with their values where the cursor is.
 * @param {object} what
 * @param {string} what.title
 * @param {number | null} [what.epoch]  where the cursor is, in what the curves are drawn over
 * @param {string} [what.unit]  of that
 * @param {Curve[]} what.curves
 */
export function curvesSentence({ title, epoch, unit = "epoch", curves }) {
  const drawn = curves.map((curve) => ({ ...curve, numbers: finite(curve.y) })).filter(({ numbers }) => numbers.length);
  if (!drawn.length) return `${title}: nothing recorded yet.`;
  const words = drawn.map(({ name, x, y, numbers }) => {
    const now = epoch === null || epoch === undefined ? null : (y[x.indexOf(epoch)] ?? null);
    const last = numbers[numbers.length - 1];
    const { most, least } = extremes(numbers);
    const here = now === null ? spoken(last[1]) : spoken(now);
    const where = now === null ? ` at ${unit} ${spoken(x[last[0]])}` : "";
    if (numbers.length === 1) return `${name} ${here}${where}`;
    const range = `from ${spoken(least[1])} at ${spoken(x[least[0]])} to ${spoken(most[1])} at ${spoken(x[most[0]])}`;
    return `${name} ${here}${where} (${range})`;
  });
  const place = typeof epoch === "number" ? ` at ${unit} ${spoken(epoch)}` : "";
  return `${title}${place}: ${words.join("; ")}.`;
}

/** Curves as a table: a row for each place that one of them has. @param {Curve[]} curves @param {string} unit @returns {Table} */
export function curvesTable(curves, unit = "epoch") {
  const places = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const columns = curves.map(({ x, y }) => new Map(x.map((place, i) => [place, y[i]])));
  /** @param {number | null | undefined} value */
  const cell = (value) => (typeof value === "number" && Number.isFinite(value) ? spoken(value) : "–");
  return {
    columns: [unit, ...curves.map(({ name }) => name)],
    rows: places.map((place) => [spoken(place), ...columns.map((column) => cell(column.get(place)))]),
  };
}

/**
 * Bars: one of each cluster, or a histogram.
 * @param {object} what
 * @param {string} what.title
 * @param {number | null} [what.epoch]
 * @param {string} [what.phase]
 * @param {(number | null)[]} what.values
 * @param {{of: string, low: number, high: number} | null} [what.bins]  what is binned; null: bars are clusters
 */
export function barsSentence({ title, epoch, phase, values, bins = null }) {
  const numbers = finite(values);
  const head = `${title}${at(epoch, phase)}`;
  if (!numbers.length) return `${head}: no numbers.`;
  const { most, least } = extremes(numbers);
  if (bins) {
    const name = binNames(bins, values.length)[most[0]];
    return `${head}: a histogram of ${bins.of} in ${values.length} bins; the most, ${spoken(most[1])}, from ${name}.`;
  }
  const lowest = numbers.length > 1 ? `, smallest ${spoken(least[1])} (cluster ${least[0]})` : "";
  return `${head}: ${counted(values.length, "cluster")}; largest ${spoken(most[1])} (cluster ${most[0]})${lowest}.`;
}

/** "0 to 0.1" ... @param {{low: number, high: number}} bins @param {number} n */
const binNames = ({ low, high }, n) =>
  Array.from({ length: n }, (_, i) => {
    /** @param {number} edge */
    const value = (edge) => spoken(low + ((high - low) * edge) / n);
    return `${value(i)} to ${value(i + 1)}`;
  });

/**
 * @param {(number | null)[]} values
 * @param {string} unit
 * @param {{of: string, low: number, high: number} | null} bins
 * @returns {Table}
 */
export function barsTable(values, unit, bins = null) {
  const names = bins ? binNames(bins, values.length) : values.map((_, i) => String(i));
  return {
    columns: [bins ? bins.of : "cluster", unit],
    rows: values.map((value, i) => [names[i], value === null ? "–" : spoken(value)]),
  };
}

/**
 * A matrix of points and clusters, or the difference of two.
 * @param {object} what
 * @param {string} what.title
 * @param {number | null} [what.epoch]
 * @param {string} [what.phase]
 * @param {number} what.k
 * @param {ArrayLike<number>} what.values  0 to 255
 * @param {ArrayLike<number> | null} [what.less]  of the matrix that is subtracted
 */
export function matrixSentence({ title, epoch, phase, k, values, less = null }) {
  const rows = k ? Math.floor(values.length / k) : 0;
  const head = `${title}${at(epoch, phase)}: ${counted(rows, "point")} by ${counted(k, "cluster")}`;
  if (!rows) return `${title}${at(epoch, phase)}: nothing to show.`;
  if (less) {
    let sum = 0;
    for (let i = 0; i < rows * k; i++) sum += Math.abs(values[i] - less[i]);
    return `${head}; they differ by ${spoken(sum / (255 * rows * k))} on average.`;
  }
  let [sum, unsure] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let j = 0; j < k; j++) most = Math.max(most, values[row * k + j]);
    sum += most;
    if (most < 127.5) unsure++;
  }
  const share = Math.round((100 * unsure) / rows);
  return `${head}; the largest value of a row is ${spoken(sum / (255 * rows))} on average, below one half in ${share}% of rows.`;
}

/**
 * A table of numbers with names for rows and columns, such as the confusion matrix.
 * @param {object} what
 * @param {string} what.title
 * @param {string[]} what.rows
 * @param {string[]} what.columns
 * @param {ArrayLike<number>} what.values  rows x columns
 */
export function gridSentence({ title, rows, columns, values }) {
  const numbers = finite(Array.from(values));
  const head = `${title}: ${counted(rows.length, "row")} by ${counted(columns.length, "column")}`;
  if (!numbers.length) return `${head}.`;
  const { most } = extremes(numbers);
  const [row, column] = [rows[Math.floor(most[0] / columns.length)], columns[most[0] % columns.length]];
  return `${head}; largest ${spoken(most[1])} in row ${row}, column ${column}.`;
}

/**
 * @param {string} corner  what rows are
 * @param {string[]} rows
 * @param {string[]} columns
 * @param {ArrayLike<number>} values
 * @returns {Table}
 */
export const gridTable = (corner, rows, columns, values) => ({
  columns: [corner, ...columns],
  rows: rows.map((name, r) => [name, ...columns.map((_, c) => cellOf(values[r * columns.length + c]))]),
});

/** @param {number} value */
const cellOf = (value) => (Number.isFinite(value) ? spoken(value) : "–");

/**
 * Pictures in groups.
 * @param {{title: string, epoch?: number | null, phase?: string, groups: number, each: number, of: string}} what
 */
export const picturesSentence = ({ title, epoch, phase, groups, each, of }) =>
  `${title}${at(epoch, phase)}: ${counted(groups, "group")} of ${counted(each, "picture")}, ${of}.`;

/**
 * Points by two numbers each.
 * @param {object} what
 * @param {string} what.title
 * @param {number | null} [what.epoch]
 * @param {string} [what.phase]
 * @param {[name: string, values: ArrayLike<number>]} what.x
 * @param {[name: string, values: ArrayLike<number>]} what.y
 */
export function scatterSentence({ title, epoch, phase, x, y }) {
  const words = [x, y].map(([name, values]) => {
    const sorted = Float64Array.from(values).sort();
    const [low, middle, high] = [0, 0.5, 1].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
    return `${name} from ${spoken(low)} to ${spoken(high)}, median ${spoken(middle)}`;
  });
  return `${title}${at(epoch, phase)}: ${counted(x[1].length, "point")}; ${words.join("; ")}.`;
}

/**
 * What is said of a run that goes on: its state, its phase, every tenth epoch, and how it ended. Empty: nothing new.
 * @typedef {{state: string, phase: string, epoch: number | null, acc: number | null, why: string}} Heard
 * @param {Heard | null} before
 * @param {Heard} now
 */
export function announcement(before, now) {
  if (!before) return "";
  const words = [];
  const changed = now.state !== before.state;
  if (changed) words.push(now.state, ...(now.why ? [now.why] : []));
  if (now.phase && now.phase !== before.phase) words.push(`phase ${now.phase}`);
  const tenth = now.epoch !== null && Math.floor(now.epoch / 10) !== Math.floor((before.epoch ?? -1) / 10);
  if (now.epoch !== null && (tenth || changed || words.length))
    words.push(`epoch ${now.epoch}`, ...(now.acc === null ? [] : [`ACC ${now.acc.toFixed(3)}`]));
  return words.join(", ");
}
