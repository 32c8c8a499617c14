/** Where a surface given on a grid has a certain height: marching squares, the pieces joined to lines. */

/**
 * @param {ArrayLike<number>} z  row by row
 * @param {number[]} xs  where the columns lie
 * @param {number[]} ys  where the rows lie
 * @returns {number[][][]} lines of [x, y]
 */
export function isolines(z, xs, ys, level) {
  const columns = xs.length;
  const found = new Map(); // edge of the grid -> the edges that a line leads to from there
  const join = (a, b) => {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      if (found.has(from)) found.get(from).push(to);
      else found.set(from, [to]);
    }
  };
  // an edge is 2 * place for the one to the right of a node, 2 * place + 1 for the one below it
  for (let row = 0; row + 1 < ys.length; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const [a, b, c, d] = [z[at], z[at + 1], z[at + columns + 1], z[at + columns]];
      const over = (a >= level) | ((b >= level) << 1) | ((c >= level) << 2) | ((d >= level) << 3);
      if (over === 0 || over === 15 || !Number.isFinite(a + b + c + d)) continue;
      const [top, right, bottom, left] = [2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1];
      const edges = [];
      if ((over & 1) !== ((over >> 1) & 1)) edges.push(top);
      if (((over >> 1) & 1) !== ((over >> 2) & 1)) edges.push(right);
      if (((over >> 2) & 1) !== ((over >> 3) & 1)) edges.push(bottom);
      if (((over >> 3) & 1) !== (over & 1)) edges.push(left);
      if (edges.length === 2) join(edges[0], edges[1]);
      else if ((a + b + c + d) / 4 >= level === Boolean(over & 1))
        join(top, right), join(bottom, left); // a saddle
      else join(top, left), join(right, bottom);
    }
  }
  const place = (edge) => {
    const at = edge >> 1;
    const [row, column] = [Math.floor(at / columns), at % columns];
    const next = edge & 1 ? at + columns : at + 1;
    const part = (level - z[at]) / (z[next] - z[at]);
    return edge & 1
      ? [xs[column], ys[row] + part * (ys[row + 1] - ys[row])]
      : [xs[column] + part * (xs[column + 1] - xs[column]), ys[row]];
  };
  const ways = [];
  const follow = (start) => {
    const way = [];
    for (let edge = start; edge !== undefined; ) {
      way.push(place(edge));
      const next = found.get(edge)?.pop();
      if (next !== undefined) found.get(next)?.splice(found.get(next).indexOf(edge), 1);
      edge = next;
    }
    if (way.length > 1) ways.push(way);
  };
  for (const [edge, ends] of found) if (ends.length === 1) follow(edge); // those that begin at the border
  for (const edge of found.keys()) while (found.get(edge).length) follow(edge);
  return ways;
}
