/** What a page of a static site begins with: its blocks are files beside it. core/epochscope/portable/site.py writes them. */
import { make } from "../base/dom.js";
import { open } from "./file.js";
import { unpacked } from "./loader.js";

const place = /** @type {HTMLElement} */ (document.getElementById("runs"));
const { page = "", plotly = "" } = place.dataset;

/** @param {string} name */
async function read(name) {
  const response = await fetch(new URL(`${name === "page" ? page : name}.bin`, location.href));
  if (!response.ok) throw new Error(`${response.url} is missing (status ${response.status}): the site is not whole`);
  return unpacked(new Uint8Array(await response.arrayBuffer())).arrayBuffer();
}

try {
  await open(place, read, new URL(plotly, location.href).href);
  const back = make("a", "", { href: "../index.html", textContent: "All runs" });
  place.prepend(make("nav", "", {}, back));
} catch (error) {
  place.textContent = `This page cannot be shown (${error}).`;
  throw error;
}
