/** Draws thousands of smooth dots into a picture, round or of other forms: memory writes, fast without a graphics card. */
import { coverage, FORMS, REACH } from "./forms.js";

/**
 * @typedef {object} Mask  how much of each pixel a dot covers
 * @property {number} reach  pixels from the middle
 * @property {number} size  pixels of a side
 * @property {Stamp[]} phases  for each position of the center within a pixel
 */

/** What a dot covers, for one position of its center within a pixel. */
class Stamp {
  /** @type {{places: Int32Array, strengths: Uint8Array}[]}  by opacity */
  #covered = [];
  #width = 0;

  /** @param {Uint16Array} cover  0 to 256, row by row @param {number} size  pixels of a row */
  constructor(cover, size) {
    this.cover = cover;
    this.size = size;
  }

  /**
   * The pixels that change, counted from the corner of the stamp in a picture of that width, and how much.
   * @param {number} opacity  0 to 255
   * @param {number} width
   */
  covered(opacity, width) {
    if (this.#width !== width) {
      this.#width = width;
      this.#covered = [];
    }
    this.#covered[opacity] ??= this.#list(opacity, width);
    return this.#covered[opacity];
  }

  /** @param {number} opacity @param {number} width */
  #list(opacity, width) {
    const { cover, size } = this;
    const changed = [...cover.keys()].filter((m) => strengthOf(cover[m], opacity));
    const places = Int32Array.from(changed, (m) => Math.floor(m / size) * width + (m % size));
    return { places, strengths: Uint8Array.from(changed, (m) => strengthOf(cover[m], opacity)) };
  }
}

/** How much of a pixel becomes the dot's color, of 256. @param {number} cover @param {number} opacity */
const strengthOf = (cover, opacity) => (cover * opacity + 127) >> 8;

const PHASES = 4; // positions of a dot's center within a pixel, along each axis

export class Dots {
  /** @type {Map<number, Mask>}  by radius and form */
  #masks = new Map();

  constructor() {
    this.image = new ImageData(1, 1);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    if (this.image.width === width && this.image.height === height) return;
    this.image = new ImageData(Math.max(1, width), Math.max(1, height));
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** @param {number} color  packed */
  clear(color) {
    this.pixels.fill((0xff000000 | color) >>> 0);
  }

  /** @param {number} radius  pixels @param {number} form  a place in FORMS */
  #mask(radius, form) {
    const key = Math.round(radius * 8) * FORMS.length + form;
    const known = this.#masks.get(key);
    if (known) return known;
    const reach = Math.ceil(form ? radius * REACH + 1 : radius + 0.5);
    const size = 2 * reach + 1;
    const phases = [];
    for (let py = 0; py < PHASES; py++) {
      for (let px = 0; px < PHASES; px++) {
        const cover = new Uint16Array(size * size);
        for (let y = 0; y < size; y++) {
          for (let x = 0; x < size; x++) {
            const dx = x - reach - (px / PHASES - 0.5 + 0.5 / PHASES);
            const dy = y - reach - (py / PHASES - 0.5 + 0.5 / PHASES);
            cover[y * size + x] = Math.round(256 * coverage(form, dx, dy, radius));
          }
        }
        phases.push(new Stamp(cover, size));
      }
    }
    const mask = { reach, size, phases };
    this.#masks.set(key, mask);
    return mask;
  }

  /**
   * Draws the points whose entry in `which` equals `kind`.
   * @param {Float32Array} xy  positions in pixels of the picture, x0 y0 x1 y1 ...
   * @param {Uint32Array} color  packed pixels; the top byte is the opacity
   * @param {Uint8Array} which
   * @param {number} kind
   * @param {number} radius  pixels
   * @param {Uint8Array | null} [form]  of each point, a place in FORMS; null: all are round
   */
  draw(xy, color, which, kind, radius, form = null) {
    const { pixels } = this;
    const { width, height } = this.image;
    const masks = form ? FORMS.map((_, one) => this.#mask(radius, one)) : [this.#mask(radius, 0)];
    let { reach, size, phases } = masks[0];
    for (let i = 0, n = color.length; i < n; i++) {
      if (which[i] !== kind) continue;
      if (form) ({ reach, size, phases } = masks[form[i]]);
      const x = xy[2 * i];
      const y = xy[2 * i + 1];
      if (!(x > -reach && y > -reach && x < width + reach && y < height + reach)) continue;
      const ix = Math.floor(x);
      const iy = Math.floor(y);
      const stamp = phases[(((y - iy) * PHASES) | 0) * PHASES + (((x - ix) * PHASES) | 0)];
      const c = color[i];
      const opacity = c >>> 24;
      const rb = c & 0xff00ff;
      const g = c & 0x00ff00;
      if (ix >= reach && iy >= reach && ix < width - reach && iy < height - reach) {
        const { places, strengths } = stamp.covered(opacity, width);
        const corner = (iy - reach) * width + ix - reach;
        for (let m = 0; m < places.length; m++) {
          const a = strengths[m];
          const under = pixels[corner + places[m]];
          const b = 256 - a;
          pixels[corner + places[m]] =
            0xff000000 |
            (((rb * a + (under & 0xff00ff) * b) >>> 8) & 0xff00ff) |
            (((g * a + (under & 0x00ff00) * b) >>> 8) & 0x00ff00);
        }
        continue;
      }
      const { cover } = stamp; // at an edge
      const left = Math.max(0, reach - ix);
      const right = Math.min(size, width + reach - ix);
      const top = Math.max(0, reach - iy);
      const bottom = Math.min(size, height + reach - iy);
      for (let my = top; my < bottom; my++) {
        let to = (iy - reach + my) * width + ix - reach + left;
        for (let m = my * size + left, end = my * size + right; m < end; m++, to++) {
          const a = strengthOf(cover[m], opacity);
          if (a === 0) continue;
          const under = pixels[to];
          const b = 256 - a;
          pixels[to] =
            0xff000000 |
            (((rb * a + (under & 0xff00ff) * b) >>> 8) & 0xff00ff) |
            (((g * a + (under & 0x00ff00) * b) >>> 8) & 0x00ff00);
        }
      }
    }
  }
}
