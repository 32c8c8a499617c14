/** Marks of points as Plotly draws them: their shapes are those of its documentation, in radii of the given size. */

const polygon =
  (...corners) =>
  (context, r) => {
    corners.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x * r, y * r));
    context.closePath();
  };
const lines =
  (...ends) =>
  (context, r) => {
    for (const [x0, y0, x1, y1] of ends) {
      context.moveTo(x0 * r, y0 * r);
      context.lineTo(x1 * r, y1 * r);
    }
  };
const cross = 0.8 / Math.SQRT2;
const thin = 1.4 / Math.SQRT2;
const [side, back] = [2 * Math.cos(Math.PI / 2.5), 2 * Math.sin(Math.PI / 2.5)];
const star = Array.from({ length: 10 }, (_, i) => {
  const [angle, far] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 ? 1.4 * 0.382 : 1.4];
  return [far * Math.cos(angle), far * Math.sin(angle)];
});

const SHAPES = {
  circle: (context, r) => context.arc(0, 0, r, 0, 2 * Math.PI),
  diamond: polygon([1.3, 0], [0, 1.3], [-1.3, 0], [0, -1.3]),
  arrow: polygon([0, 0], [-back, side], [-back, -side]), // its tip is the point, it points to the right
  star: polygon(...star),
  x: polygon(
    ...[
      [0, 1],
      [1, 2],
      [2, 1],
      [1, 0],
      [2, -1],
      [1, -2],
      [0, -1],
      [-1, -2],
      [-2, -1],
      [-1, 0],
      [-2, 1],
      [-1, 2],
    ].map((at) => at.map((part) => part * cross)),
  ),
};
const OPEN = {
  "line-ew": lines([-1.4, 0, 1.4, 0]),
  "x-thin": lines([thin, thin, -thin, -thin], [thin, -thin, -thin, thin]),
};

/** One mark at a place. `heading`: the direction that an arrow has, in radians. */
export function mark(context, symbol, x, y, { size, color, edge }, heading = 0) {
  const draw = SHAPES[symbol] ?? OPEN[symbol] ?? SHAPES.circle;
  context.save();
  context.translate(x, y);
  if (symbol === "arrow") context.rotate(heading);
  context.beginPath();
  draw(context, size / 2);
  if (!OPEN[symbol]) {
    context.fillStyle = color;
    context.fill();
  }
  if (edge?.width) {
    context.strokeStyle = edge.color ?? color;
    context.lineWidth = edge.width;
    context.stroke();
  }
  context.restore();
}
