/**
 * What figures show, in words made of their data: the text alternative of each, and a table where the data are few. Pure:
 * numbers in, sentences out.
 */
import { ntr, phaseName, tr } from "./language.js";

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

/** One point, two points ... by what is counted. @type {Record<string, (n: number) => string>} */
const counted = {
  points: (n) => ntr("{n} point", "{n} points", n, { n: count(n) }),
  clusters: (n) => ntr("{n} cluster", "{n} clusters", n, { n: count(n) }),
  rows: (n) => ntr("{n} row", "{n} rows", n, { n: count(n) }),
  columns: (n) => ntr("{n} column", "{n} columns", n, { n: count(n) }),
  groups: (n) => ntr("{n} group", "{n} groups", n, { n: count(n) }),
  pictures: (n) => ntr("{n} picture", "{n} pictures", n, { n: count(n) }),
};

/** A number with three digits. @param {number} value */
export const spoken = (value) => {
  const short = Number(value.toPrecision(3));
  return (Math.abs(short) >= 1000 ? count(short) : String(short)).replace("-", "−");
};

/** Which epoch, and of which phase. @param {number} epoch @param {string} [phase] */
export const epochWords = (epoch, phase = "") =>
  phase ? tr("epoch {epoch} ({phase})", { epoch, phase: phaseName(phase) }) : tr("epoch {epoch}", { epoch });

/** A title, and which epoch the numbers are of. @param {string} title @param {number | null | undefined} epoch @param {string} [phase] */
export const headed = (title, epoch, phase = "") =>
  typeof epoch === "number" ? tr("{title} at {epoch}", { title, epoch: epochWords(epoch, phase) }) : title;

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
  const points = all === n ? counted.points(n) : tr("{n} of {all}", { n: count(n), all: counted.points(all) });
  const numbers = finite(sizes ?? []);
  const whole = numbers.length
    ? tr("{title} of {points} in {clusters}", { title, points, clusters: counted.clusters(numbers.length) })
    : tr("{title} of {points}", { title, points });
  const parts = [headed(whole, epoch, phase)];
  if (numbers.length) parts.push(sizesInWords(numbers));
  if (colors) parts.push(tr("colors: {about}", { about: colors }));
  if (shows.length) parts.push(tr("over the points: {list}", { list: shows.map((name) => tr(name)).join(", ") }));
  if (selected) parts.push(tr("{n} selected", { n: count(selected) }));
  return `${parts.join("; ")}.`;
}

/** @param {[number, number][]} numbers */
function sizesInWords(numbers) {
  const { most, least } = extremes(numbers);
  const largest = tr("largest cluster {j} with {points}", { j: most[0], points: counted.points(most[1]) });
  const empty = numbers.filter(([, value]) => value === 0).length;
  if (empty) return tr("{largest}, {n} empty", { largest, n: count(empty) });
  if (numbers.length < 2) return largest;
  return tr("{largest}, smallest cluster {j} with {n}", { largest, j: least[0], n: count(least[1]) });
}

/**
 * Curves, with their values where the cursor is.
 * @param {object} what
 * @param {string} what.title
 * @param {number | null} [what.epoch]  where the cursor is, in what the curves are drawn over
 * @param {string} [what.unit]  of that
 * @param {Curve[]} what.curves
 */
export function curvesSentence({ title, epoch, unit = tr("epoch"), curves }) {
  const drawn = curves.map((curve) => ({ ...curve, numbers: finite(curve.y) })).filter(({ numbers }) => numbers.length);
  if (!drawn.length) return tr("{title}: nothing recorded yet.", { title });
  const words = drawn.map(({ name, x, y, numbers }) => {
    const now = epoch === null || epoch === undefined ? null : (y[x.indexOf(epoch)] ?? null);
    const last = numbers[numbers.length - 1];
    const { most, least } = extremes(numbers);
    const here = now === null ? spoken(last[1]) : spoken(now);
    const value = `${name} ${here}`;
    const told = now === null ? tr("{value} at {unit} {x}", { value, unit, x: spoken(x[last[0]]) }) : value;
    if (numbers.length === 1) return told;
    return tr("{value} (from {low} at {first} to {high} at {last})", {
      value: told,
      low: spoken(least[1]),
      first: spoken(x[least[0]]),
      high: spoken(most[1]),
      last: spoken(x[most[0]]),
    });
  });
  const head =
    typeof epoch === "number" ? tr("{value} at {unit} {x}", { value: title, unit, x: spoken(epoch) }) : title;
  return `${head}: ${words.join("; ")}.`;
}

/** Curves as a table: a row for each place that one of them has. @param {Curve[]} curves @param {string} unit @returns {Table} */
export function curvesTable(curves, unit = tr("epoch")) {
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
  const head = headed(title, epoch, phase);
  if (!numbers.length) return tr("{title}: no numbers.", { title: head });
  const { most, least } = extremes(numbers);
  if (bins) {
    const name = binNames(bins, values.length)[most[0]];
    return tr("{title}: a histogram of {what} in {n} bins; the most, {most}, from {range}.", {
      title: head,
      what: bins.of,
      n: values.length,
      most: spoken(most[1]),
      range: name,
    });
  }
  const largest = { clusters: counted.clusters(values.length), most: spoken(most[1]), j: most[0] };
  if (numbers.length < 2) return tr("{title}: {clusters}; largest {most} (cluster {j}).", { title: head, ...largest });
  return tr("{title}: {clusters}; largest {most} (cluster {j}), smallest {least} (cluster {i}).", {
    title: head,
    ...largest,
    least: spoken(least[1]),
    i: least[0],
  });
}

/** "0 to 0.1" ... @param {{low: number, high: number}} bins @param {number} n */
const binNames = ({ low, high }, n) =>
  Array.from({ length: n }, (_, i) => {
    /** @param {number} edge */
    const value = (edge) => spoken(low + ((high - low) * edge) / n);
    return tr("{low} to {high}", { low: value(i), high: value(i + 1) });
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
    columns: [bins ? bins.of : tr("cluster"), unit],
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
  const what = headed(title, epoch, phase);
  if (!rows) return tr("{title}: nothing to show.", { title: what });
  const size = { title: what, points: counted.points(rows), clusters: counted.clusters(k) };
  if (less) {
    let sum = 0;
    for (let i = 0; i < rows * k; i++) sum += Math.abs(values[i] - less[i]);
    return tr("{title}: {points} by {clusters}; they differ by {mean} on average.", {
      ...size,
      mean: spoken(sum / (255 * rows * k)),
    });
  }
  let [sum, unsure] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let j = 0; j < k; j++) most = Math.max(most, values[row * k + j]);
    sum += most;
    if (most < 127.5) unsure++;
  }
  const share = Math.round((100 * unsure) / rows);
  return tr(
    "{title}: {points} by {clusters}; the largest value of a row is {mean} on average, below one half in {share}% of rows.",
    { ...size, mean: spoken(sum / (255 * rows)), share },
  );
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
  const size = { title, rows: counted.rows(rows.length), columns: counted.columns(columns.length) };
  if (!numbers.length) return tr("{title}: {rows} by {columns}.", size);
  const { most } = extremes(numbers);
  const [row, column] = [rows[Math.floor(most[0] / columns.length)], columns[most[0] % columns.length]];
  return tr("{title}: {rows} by {columns}; largest {most} in row {row}, column {column}.", {
    ...size,
    most: spoken(most[1]),
    row,
    column,
  });
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
  tr("{title}: {groups} of {pictures}, {what}.", {
    title: headed(title, epoch, phase),
    groups: counted.groups(groups),
    pictures: counted.pictures(each),
    what: of,
  });

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
    return tr("{name} from {low} to {high}, median {middle}", {
      name,
      low: spoken(low),
      high: spoken(high),
      middle: spoken(middle),
    });
  });
  return `${headed(title, epoch, phase)}: ${counted.points(x[1].length)}; ${words.join("; ")}.`;
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
  if (now.phase && now.phase !== before.phase) words.push(tr("phase {phase}", { phase: now.phase }));
  const tenth = now.epoch !== null && Math.floor(now.epoch / 10) !== Math.floor((before.epoch ?? -1) / 10);
  if (now.epoch !== null && (tenth || changed || words.length))
    words.push(tr("epoch {epoch}", { epoch: now.epoch }), ...(now.acc === null ? [] : [`ACC ${now.acc.toFixed(3)}`]));
  return words.join(", ");
}
