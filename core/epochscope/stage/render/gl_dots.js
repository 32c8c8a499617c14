/**
 * Smooth dots, round or of other forms, drawn by the graphics card (WebGL2): the same picture as that of `Dots`. Positions of two frames
 * lie in its memory, and it finds where each point is between them.
 */
import { EDGE_GLSL, REACH } from "./forms.js";

const VERTEX = `#version 300 es
layout(location = 0) in vec2 origin;
layout(location = 1) in vec2 target;
layout(location = 2) in vec4 tint;
layout(location = 3) in float layer;
layout(location = 4) in float form;
uniform float share, radius, kind;
uniform vec2 size, scale, corner;
out vec4 color;
out vec2 middle;
flat out int mark;
void main() {
  vec2 place = isnan(origin.x) ? target : origin + (target - origin) * share;
  middle = vec2((place.x - corner.x) * scale.x, (corner.y - place.y) * scale.y);
  color = tint;
  bool there = layer == kind && !isnan(target.x);
  gl_Position = there ? vec4(middle.x / size.x * 2.0 - 1.0, 1.0 - middle.y / size.y * 2.0, 0.0, 1.0) : vec4(2.0);
  mark = int(form);
  gl_PointSize = 2.0 * ceil(mark > 0 ? radius * ${REACH} + 1.0 : radius + 0.5) + 1.0;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform float radius;
uniform vec2 size;
in vec4 color;
in vec2 middle;
flat in int mark;
out vec4 pixel;
${EDGE_GLSL}
void main() {
  vec2 at = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - middle;
  float opacity = clamp(0.5 - edge(mark, at, radius), 0.0, 1.0) * color.a;
  pixel = vec4(color.rgb * opacity, opacity);
}`;

const NAMES = /** @type {const} */ (["share", "radius", "kind", "size", "scale", "corner"]);
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** @typedef {{share: number, scale: [number, number], corner: [number, number], sizes: number[], kinds: number[]}} Look
 *   how far the points have come; pixels a unit of the plane; left and top of the range; radius of each layer; layers to
 *   draw, one above the other */

/** For measurements and tests: "webgl" or "canvas" instead of what suits the machine. @type {{name: string | null}} */
export const forced = /** @type {any} */ (globalThis).__epochscope?.renderer ?? { name: null };

/** @param {WebGL2RenderingContext} gl */
function isSoftware(gl) {
  const about = gl.getExtension("WEBGL_debug_renderer_info");
  return SOFTWARE.test(String(gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

/**
 * A drawer of dots on the graphics card; null where there is none: WebGL that a processor computes is slower than
 * `Dots` (benchmarks/points.py).
 */
export function glDots() {
  if (forced.name === "canvas") return null;
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", {
    antialias: false,
    depth: false,
    preserveDrawingBuffer: true, // the picture is shown again while nothing has moved
  });
  if (!gl) return null;
  if (forced.name !== "webgl" && isSoftware(gl)) {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return null;
  }
  try {
    return new GlDots(canvas, gl);
  } catch (error) {
    console.warn("epochscope points:", error);
    return null;
  }
}

export class GlDots {
  #n = 0;
  #formed = false; // whether points have forms of their own
  /** What lies in each buffer. @type {{from: Float32Array | null, to: Float32Array | null, tint: Uint32Array | null}} */
  #held = { from: null, to: null, tint: null };

  /** @param {HTMLCanvasElement} canvas @param {WebGL2RenderingContext} gl */
  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.lost = false; // the machine has taken it back
    canvas.addEventListener("webglcontextlost", () => {
      this.lost = true;
    });
    const program = gl.createProgram();
    for (const [kind, source] of /** @type {[number, string][]} */ ([
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      throw new Error(gl.getProgramInfoLog(program) ?? "no program for the graphics card");
    gl.useProgram(program);
    this.at = Object.fromEntries(NAMES.map((name) => [name, gl.getUniformLocation(program, name)]));
    this.buffers = {
      from: gl.createBuffer(),
      to: gl.createBuffer(),
      tint: gl.createBuffer(),
      layer: gl.createBuffer(),
      form: gl.createBuffer(),
    };
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  /** @param {"from" | "to" | "tint" | "layer" | "form"} name @param {Float32Array | Uint32Array | Uint8Array} values */
  #upload(name, values) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STREAM_DRAW);
  }

  /**
   * Takes points over; arrays that are there already do not travel again.
   * @param {Float32Array} from  where they come from, in the plane: x0 y0 x1 y1 ...
   * @param {Float32Array} to  where they go
   * @param {Uint32Array} tint  packed pixels; the top byte is the opacity
   * @param {Uint8Array} layer
   * @param {Uint8Array | null} [form]  of each point, a place in FORMS; null: all are round
   */
  take(from, to, tint, layer, form = null) {
    const held = this.#held;
    if (from === held.to && held.from !== from) {
      const { buffers } = this;
      [buffers.from, buffers.to] = [buffers.to, buffers.from];
      [held.from, held.to] = [held.to, held.from];
    }
    for (const [name, values] of /** @type {["from" | "to", Float32Array][]} */ ([
      ["from", from],
      ["to", to],
    ])) {
      if (held[name] === values) continue;
      this.#upload(name, values);
      held[name] = values;
    }
    if (held.tint !== tint) {
      this.#upload("tint", tint);
      this.#upload("layer", layer);
      if (form) this.#upload("form", form);
      this.#formed = form !== null;
      held.tint = tint;
    }
    this.#n = tint.length;
    this.#bind();
  }

  #bind() {
    const { gl, buffers } = this;
    /** @type {[WebGLBuffer | null, number, number, boolean][]}  buffer, numbers a point, their type, whether 255 is 1 */
    const attributes = [
      [buffers.from, 2, gl.FLOAT, false],
      [buffers.to, 2, gl.FLOAT, false],
      [buffers.tint, 4, gl.UNSIGNED_BYTE, true],
      [buffers.layer, 1, gl.UNSIGNED_BYTE, false],
      [buffers.form, 1, gl.UNSIGNED_BYTE, false],
    ];
    for (const [place, [buffer, size, type, share]] of attributes.entries()) {
      if (buffer === buffers.form && !this.#formed) {
        gl.disableVertexAttribArray(place);
        gl.vertexAttrib1f(place, 0);
        continue;
      }
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, type, share, 0, 0);
    }
  }

  /** Draws the points that were taken, over nothing. @param {number} width  pixels @param {number} height @param {Look} look */
  draw(width, height, { share, scale, corner, sizes, kinds }) {
    const { gl, canvas, at } = this;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1f(at.share, share);
    gl.uniform2f(at.size, width, height);
    gl.uniform2f(at.scale, ...scale);
    gl.uniform2f(at.corner, ...corner);
    for (const kind of kinds) {
      gl.uniform1f(at.kind, kind);
      gl.uniform1f(at.radius, sizes[kind]);
      gl.drawArrays(gl.POINTS, 0, this.#n);
    }
  }

  destroy() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
