/** Elements, and the style sheet they need. */

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** Takes the style sheet from whoever has its text: then it is not fetched. @param {string} text */
export async function useStyle(text) {
  sheet = await new CSSStyleSheet().replace(text);
}

/** Fetches the style sheet, unless it is there. Throws an Error if it does not load. */
export async function loadStyle() {
  if (sheet) return;
  const response = await fetch(new URL("../stage.css", import.meta.url));
  if (!response.ok) throw new Error(`The style sheet of the stage did not load (status ${response.status}).`);
  await useStyle(await response.text());
}

/** Puts the style sheet where an element can see it, once per document or shadow root. @param {HTMLElement} element */
export function addStyle(element) {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document;
  if (sheet && !home.adoptedStyleSheets.includes(sheet)) home.adoptedStyleSheets.push(sheet);
}

/** A length as Python sends it: a number of pixels, or anything CSS knows. @param {number | string} value */
export const length = (value) => (typeof value === "number" ? `${value}px` : value);

/**
 * A new element; strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {Record<string, unknown>} props  properties; attributes where they are ARIA's, a role or data
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className = "", props = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (/^(aria-|data-|role$)/.test(name)) element.setAttribute(name, `${value}`);
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/**
 * Sets an element's text, if it differs: a browser lays out again even what is set to the same text.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Gives a box as many elements as it should have, and keeps those that are there: an element that is made anew loses the
 * focus, and whoever had it begins at the top of the page.
 * @template {HTMLElement} T
 * @param {HTMLElement} box  that holds nothing else
 * @param {number} count
 * @param {(place: number) => T} create
 * @returns {T[]}
 */
export function keepChildren(box, count, create) {
  while (box.children.length > count) box.lastElementChild?.remove();
  while (box.children.length < count) box.append(create(box.children.length));
  return /** @type {T[]} */ ([...box.children]);
}

/** Sets attributes of an element, those that differ. @param {Element} element @param {Record<string, unknown>} values */
export function setAttributes(element, values) {
  for (const [name, value] of Object.entries(values))
    if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, `${value}`);
}

/** How a canvas is drawn on. @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws no canvas.");
  return context;
}

/** Gives a canvas so many CSS pixels; `dpr`: its own pixels for one of them. @param {HTMLCanvasElement} canvas @param {number} w @param {number} h @param {number} dpr */
export function resizeCanvas(canvas, w, h, dpr) {
  const [width, height] = [Math.round(w * dpr), Math.round(h * dpr)];
  if (canvas.width === width && canvas.height === height) return;
  Object.assign(canvas, { width, height });
  Object.assign(canvas.style, { width: `${w}px`, height: `${h}px` });
}
