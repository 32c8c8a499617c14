"""The graphics card and the canvas draw the same picture of many points."""

from epochscope.resources import resource

COMPARED = """async (shaped) => {
  const { Dots } = await import("/render/dots.js");
  const { forced, glDots } = await import("/render/gl_dots.js");
  const { project } = await import("/points/screen.js");
  const { placed } = await import("/points/motion.js");
  const [n, W, H, share] = [20_000, 400, 300, 0.4];
  let state = 11;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const from = Float32Array.from({ length: 2 * n }, () => 2.2 * random() - 1.1);
  const to = Float32Array.from(from, (value, i) => (i < 10 ? NaN : value * 0.8 + 0.1 * random()));
  from[40] = from[41] = NaN;
  const tint = Uint32Array.from({ length: n }, (_, i) => (((i % 7 ? 190 : 60) << 24) | (random() * 0xffffff)) >>> 0);
  const layer = Uint8Array.from({ length: n }, (_, i) => (i < 5 ? 0 : i % 11 ? 2 : i % 2 ? 1 : 3));
  const form = shaped ? Uint8Array.from({ length: n }, (_, i) => i % 10) : null;
  const view = { range: [-1, 1, -0.75, 0.75], sx: W / 2, sy: H / 1.5 };
  const [sizes, kinds] = [shaped ? [0, 2.2, 2.6, 3.9] : [0, 1.1, 1.3, 2.4], [1, 2, 3]];

  const dots = new Dots();
  dots.resize(W, H);
  dots.clear(0xffffff);
  const xy = new Float32Array(2 * n);
  project(placed({ from, to, share, between: null }), view, xy);
  for (const kind of kinds) dots.draw(xy, tint, layer, kind, sizes[kind], form);

  forced.name = "webgl";
  const card = glDots();
  if (!card) return null;
  const flat = document.createElement("canvas");
  [flat.width, flat.height] = [W, H];
  const context = flat.getContext("2d");
  const differences = [];
  for (const turn of [0, 1]) {  // the second time with the frames swapped, as when the cursor goes back
    const [a, b, t] = turn ? [to, from, 1 - share] : [from, to, share];
    card.take(a, b, tint, layer, form);
    card.draw(W, H, { share: t, scale: [view.sx, view.sy], corner: [-1, 0.75], sizes, kinds });
    context.fillStyle = "#fff";
    context.fillRect(0, 0, W, H);
    context.drawImage(card.canvas, 0, 0);
    const drawn = context.getImageData(0, 0, W, H).data;
    const gaps = drawn.map((value, i) => Math.abs(value - dots.image.data[i])).sort();
    const ink = drawn.reduce((sum, value) => sum + 255 - value, 0) / drawn.length;
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    differences.push({ mean, most: gaps[Math.floor(0.99 * gaps.length)], ink });
  }
  card.destroy();
  return differences;
}"""


def test_webgl_and_canvas_draw_the_same_points(page):
    stage = resource("stage")
    page.route("http://stage.test/**", lambda route: route.fulfill(path=stage / route.request.url.split("/", 3)[3]))
    page.route("http://stage.test/", lambda route: route.fulfill(body="<p>points", content_type="text/html"))
    page.goto("http://stage.test/")
    compared = [page.evaluate(COMPARED, shaped) for shaped in (False, True)]
    assert all(compared), "this Chromium has no WebGL2"
    for difference in (*compared[0], *compared[1]):
        assert difference["ink"] > 20, difference
        assert difference["mean"] < 4, difference  # of 255: the canvas knows 16 places within a pixel, the card all
        assert difference["most"] < 30, difference
