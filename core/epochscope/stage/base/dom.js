/** The stage's own style sheet; everything hangs under .es and reads the theme through variables. */
/** A length as Python sends it: a number of pixels, or anything CSS knows. */
export const length = (value) => (typeof value === "number" ? `${value}px` : value);

/** Puts the sheet where an element can see it, once per document or shadow root. */
export function addStyle(element) {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector("style[data-epochscope]")) return;
  const style = document.createElement("style");
  style.dataset.epochscope = "";
  style.textContent = CSS;
  home.append(style);
}

/** A new element with a class, properties and children; strings become text, never markup. */
export function make(tag, className = "", props = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("aria-") || name === "role" || name.startsWith("data-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}
