/** Where a surface given on a grid has a certain height: marching squares, the pieces joined to lines. */

/**
 * @param {ArrayLike<number>} z  row by row; no line passes a place that is not finite
 * @param {number[]} xs  where the columns lie
 * @param {number[]} ys  where the rows lie
 * @param {number} level
 * @returns {[x: number, y: number][][]} lines
 */
export function isolines(z, xs, ys, level) {
  const neighbors = crossings(z, xs.length, ys.length, level);
  const columns = xs.length;
  /** Where the line crosses an edge. @param {number} edge @returns {[number, number]} */
  const place = (edge) => {
    const at = edge >> 1;
    const [row, column] = [Math.floor(at / columns), at % columns];
    const next = edge & 1 ? at + columns : at + 1;
    const part = (level - z[at]) / (z[next] - z[at]);
    return edge & 1
      ? [xs[column], ys[row] + part * (ys[row + 1] - ys[row])]
      : [xs[column] + part * (xs[column + 1] - xs[column]), ys[row]];
  };
  /** @type {[number, number][][]} */
  const lines = [];
  /** @param {number} start */
  const follow = (start) => {
    /** @type {[number, number][]} */
    const line = [];
    for (let edge = /** @type {number | undefined} */ (start); edge !== undefined; ) {
      line.push(place(edge));
      const next = neighbors.get(edge)?.pop();
      const back = next === undefined ? undefined : neighbors.get(next);
      back?.splice(back.indexOf(edge), 1);
      edge = next;
    }
    if (line.length > 1) lines.push(line);
  };
  for (const [edge, ends] of neighbors) if (ends.length === 1) follow(edge); // those that begin at the border
  for (const [edge, ends] of neighbors) while (ends.length) follow(edge);
  return lines;
}

/**
 * For each edge of the grid that a line crosses, the edges it leads to from there. An edge is 2 * place for the one to
 * the right of a node, 2 * place + 1 for the one below it.
 * @param {ArrayLike<number>} z
 * @param {number} columns
 * @param {number} rows
 * @param {number} level
 */
function crossings(z, columns, rows, level) {
  /** @type {Map<number, number[]>} */
  const neighbors = new Map();
  /** @type {(from: number, to: number) => void} */
  const add = (from, to) => {
    const known = neighbors.get(from);
    if (known) known.push(to);
    else neighbors.set(from, [to]);
  };
  /** @type {(a: number, b: number) => void} */
  const join = (a, b) => {
    add(a, b);
    add(b, a);
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const [a, b, c, d] = [z[at], z[at + 1], z[at + columns + 1], z[at + columns]];
      if (!Number.isFinite(a + b + c + d)) continue;
      const [A, B, C, D] = [a >= level, b >= level, c >= level, d >= level];
      const [top, right, bottom, left] = [2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1];
      const saddle = A === C && B === D && A !== B;
      if (saddle) {
        const aroundA = (a + b + c + d) / 4 >= level !== A; // whether the lines cut off the corners a and c
        join(top, aroundA ? left : right);
        join(bottom, aroundA ? right : left);
        continue;
      }
      const crossed = [A !== B && top, B !== C && right, C !== D && bottom, D !== A && left].filter(
        (edge) => edge !== false,
      );
      if (crossed.length === 2) join(crossed[0], crossed[1]);
    }
  }
  return neighbors;
}
