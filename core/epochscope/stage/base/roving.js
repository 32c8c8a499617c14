/**
 * One tab stop for a bar of controls: Tab reaches the one that was used last, arrow keys, Home and End go to the others
 * (https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/). What a bar holds may change at any time.
 */

const STEPS = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 });
const ENDS = /** @type {Record<string, number>} */ ({ Home: 0, End: -1 });

/**
 * The place that a key goes to from another one; null if it is no key of bars. From the last place the next is the first.
 * @param {string} key
 * @param {number} place
 * @param {number} count
 */
export function placeAfter(key, place, count) {
  if (!count) return null;
  if (key in ENDS) return (ENDS[key] + count) % count;
  if (key in STEPS) return (place + STEPS[key] + count) % count;
  return null;
}

/** @param {Element} element */
const usable = (element) => !element.matches(":disabled,[hidden]");

/**
 * Whether the focus came into an element by the keyboard: whoever pressed one of its parts with a pointer means the page,
 * not the bar, by the keys that follow.
 */
export class FocusOrigin {
  #pressed = false;
  byKeyboard = false;

  /** @param {HTMLElement} box */
  constructor(box) {
    box.addEventListener("pointerdown", () => {
      this.#pressed = true;
      this.byKeyboard = false;
      const release = () => {
        this.#pressed = false;
      };
      document.addEventListener("pointerup", release, { once: true, capture: true });
      document.addEventListener("pointercancel", release, { once: true, capture: true });
    });
    box.addEventListener("focusin", () => {
      this.byKeyboard = !this.#pressed;
    });
  }
}

export class Roving {
  /** @type {HTMLElement | null}  the one that was used last */
  #last = null;

  /**
   * @param {HTMLElement} box  that holds the controls of the bar
   * @param {string} selector  of these controls
   * @param {HTMLElement | null} first  the tab stop until another one is used; null: the first of them
   */
  constructor(box, selector = "button", first = null) {
    this.box = box;
    this.selector = selector;
    this.first = first;
    this.origin = new FocusOrigin(box);
    box.addEventListener("focusin", (event) => this.#used(event.target));
    box.addEventListener("keydown", (event) => this.#press(event));
  }

  get #items() {
    const all = /** @type {HTMLElement[]} */ ([...this.box.querySelectorAll(this.selector)]);
    return all.filter(usable);
  }

  /**
   * Does something that may make the controls anew. Where the one that had the focus was, its successor has it then.
   * @param {() => Promise<unknown>} change
   */
  async keepFocusThrough(change) {
    const held = document.activeElement;
    const name = held && this.box.contains(held) ? held.getAttribute("aria-label") : null;
    await change();
    this.refresh();
    if (name && document.activeElement === document.body)
      this.#items.find((item) => item.getAttribute("aria-label") === name)?.focus({ preventScroll: true });
  }

  /** Makes one control the tab stop: after the controls have changed. */
  refresh() {
    const items = this.#items;
    if (!this.#last || !items.includes(this.#last)) this.#last = null;
    const shown = this.first && items.includes(this.first) ? this.first : items[0];
    for (const item of items) {
      const stop = item === (this.#last ?? shown) ? 0 : -1;
      if (item.tabIndex !== stop || !item.hasAttribute("tabindex")) item.tabIndex = stop;
    }
  }

  /** @param {EventTarget | null} target */
  #used(target) {
    const item = target instanceof Element ? target.closest(this.selector) : null;
    if (!(item instanceof HTMLElement) || item === this.#last) return;
    this.#last = item;
    this.refresh();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.origin.byKeyboard) return;
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    const place = at < 0 ? null : placeAfter(event.key, at, items.length);
    if (place === null) return;
    event.preventDefault();
    event.stopPropagation(); // the same keys move the cursor of the page
    items[place].focus();
  }
}
