/** What a file of runs begins with: makes the stage out of the blocks of the file, and opens it. */
import { made, unpacked } from "./loader.js";

/** 85 digits that stand for themselves in HTML; core/epochscope/portable/file.py writes them. */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-.:;=?@[]^_{|}";
const VALUES = new Uint8Array(128);
for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;

/** The bytes of a block, five digits for four bytes. @param {string} name */
function bytesOf(name) {
  const element = document.getElementById(name);
  if (!element) throw new Error(`This file has no block "${name}": it is not whole.`);
  const text = element.textContent ?? "";
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0, at = 0; i < text.length; i += 5, at += 4) {
    let value = 0;
    for (let j = 0; j < 5; j++) value = value * 85 + VALUES[text.charCodeAt(i + j)];
    view.setUint32(at, value);
  }
  element.remove(); // its bytes are kept by who asked
  return bytes.subarray(0, bytes.length - Number(element.dataset.padding));
}

/** @param {string} name */
const read = (name) => unpacked(bytesOf(name)).arrayBuffer();

const place = /** @type {HTMLElement} */ (document.getElementById("runs"));
try {
  const style = new TextDecoder().decode(await read("style"));
  const language = document.getElementById("language")
    ? JSON.parse(new TextDecoder().decode(await read("language")))
    : undefined;
  const stage = {
    entry: place.dataset.entry ?? "hosts/file.js",
    modules: bytesOf("modules"),
    style,
    plotly: bytesOf("plotly"),
    language,
  };
  const { host, plotly } = await made(stage);
  await host.open(place, read, plotly);
} catch (error) {
  place.textContent = `This file cannot be shown (${error}). It needs a current browser: Chrome, Edge, Firefox or Safari.`;
  throw error;
}
