/**
 * Points of the plane in the cells of a grid, so that those near a place, or inside an outline, are found without
 * looking at all of them. Typed arrays: a million points take some 50 ms to sort in, once for each frame.
 */

/** @typedef {{x: number[], y: number[]}} Outline  of a selection, in the plane */

const IN_A_CELL = 8; // points, were they spread evenly

export class PointGrid {
  /** @param {Float32Array} xy  x0 y0 x1 y1 ...; NaN for a point without a place, which is never found */
  constructor(xy) {
    this.xy = xy;
    const n = xy.length >> 1;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const [x, y] = [xy[2 * i], xy[2 * i + 1]];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    const side = Math.max(1, Math.ceil(Math.sqrt(n / IN_A_CELL)));
    this.side = side; // cells along each axis
    this.left = x0;
    this.bottom = y0;
    this.width = (x1 - x0) / side || 1; // of a cell
    this.height = (y1 - y0) / side || 1;
    /** Where the points of each cell begin in `order`. */
    this.starts = new Uint32Array(side * side + 1);
    const cells = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const cell = Number.isNaN(xy[2 * i]) ? -1 : this.row(xy[2 * i + 1]) * side + this.column(xy[2 * i]);
      cells[i] = cell;
      if (cell >= 0) this.starts[cell + 1]++;
    }
    for (let cell = 0; cell < side * side; cell++) this.starts[cell + 1] += this.starts[cell];
    this.order = new Uint32Array(this.starts[side * side]);
    const next = this.starts.slice(0, -1);
    for (let i = 0; i < n; i++) if (cells[i] >= 0) this.order[next[cells[i]]++] = i;
  }

  /** @param {number} x  the cell is the nearest one, if it lies outside of the grid */
  column(x) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((x - this.left) / this.width)));
  }

  /** @param {number} y */
  row(y) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((y - this.bottom) / this.height)));
  }

  /**
   * The point nearest to a place within an ellipse around it, the last of several; null if there is none.
   * @param {number} x
   * @param {number} y
   * @param {number} rx  half axes of the ellipse; distances are measured in them
   * @param {number} ry
   * @param {(point: number) => unknown} counts  whether a point counts
   */
  nearest(x, y, rx, ry, counts) {
    const { xy, side, starts, order } = this;
    let best = null;
    let least = 1;
    const [from, to] = [this.column(x - rx), this.column(x + rx)];
    for (let row = this.row(y - ry), top = this.row(y + ry); row <= top; row++) {
      for (let at = starts[row * side + from]; at < starts[row * side + to + 1]; at++) {
        const i = order[at];
        const distance = ((xy[2 * i] - x) / rx) ** 2 + ((xy[2 * i + 1] - y) / ry) ** 2;
        if (distance > least || (distance === least && best !== null && i < best) || !counts(i)) continue;
        [least, best] = [distance, i];
      }
    }
    return best;
  }

  /**
   * Calls back for each point inside of a closed outline, by the even-odd rule.
   * @param {Outline} outline
   * @param {(point: number) => void} found
   */
  inside(outline, found) {
    const { xy, side, starts, order } = this;
    const holds = insideOf(outline);
    const [x0, x1] = [Math.min(...outline.x), Math.max(...outline.x)];
    const [y0, y1] = [Math.min(...outline.y), Math.max(...outline.y)];
    const edge = this.#cut(outline);
    for (let row = this.row(y0), top = this.row(y1); row <= top; row++) {
      const crossings = crossingsOf(outline, this.bottom + (row + 0.5) * this.height);
      for (let column = this.column(x0), last = this.column(x1); column <= last; column++) {
        const cell = row * side + column;
        const [from, to] = [starts[cell], starts[cell + 1]];
        if (from === to) continue;
        if (edge[cell]) {
          for (let at = from; at < to; at++) if (holds(xy[2 * order[at]], xy[2 * order[at] + 1])) found(order[at]);
        } else if (crossings.filter((x) => x > this.left + (column + 0.5) * this.width).length & 1) {
          for (let at = from; at < to; at++) found(order[at]);
        }
      }
    }
  }

  /** Marks the cells that an outline may cut: those along it and around these. @param {Outline} outline */
  #cut({ x: xs, y: ys }) {
    const { side, width, height } = this;
    const marked = new Uint8Array(side * side);
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      const [dx, dy] = [xs[i] - xs[j], ys[i] - ys[j]];
      const steps = Math.min(4 * side, Math.ceil(2 * Math.max(Math.abs(dx) / width, Math.abs(dy) / height)) + 1);
      for (let step = 0; step <= steps; step++) {
        const [x, y] = [xs[j] + (dx * step) / steps, ys[j] + (dy * step) / steps];
        const [column, row] = [this.column(x), this.row(y)];
        for (let r = Math.max(0, row - 1); r <= Math.min(side - 1, row + 1); r++)
          marked.fill(1, r * side + Math.max(0, column - 1), r * side + Math.min(side, column + 2));
      }
    }
    return marked;
  }
}

/** Where an outline crosses a height. @param {Outline} outline @param {number} y @returns {number[]} */
function crossingsOf({ x: xs, y: ys }, y) {
  const found = [];
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++)
    if (ys[i] > y !== ys[j] > y) found.push(((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]);
  return found;
}

/** Whether a place lies inside of an outline: even-odd rule. @param {Outline} outline @returns {(x: number, y: number) => boolean} */
export const insideOf =
  ({ x: xs, y: ys }) =>
  (x, y) => {
    let odd = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) odd = !odd;
    }
    return odd;
  };
