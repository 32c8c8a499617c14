/** When a figure is drawn: the points come first, and a phone draws, and loads, no more than it shows. */
import { panels } from "./panel.js";

export const PATIENCE = 800; // ms that everything else leaves the browser to the first picture of the points
const PATIENCE_OF_A_PHONE = 5000; // ms: its connection may be slow
const NEAR = "100px"; // of the screen, where a figure counts as being in sight

/** Whether fingers point at this page. */
export const byTouch = () => matchMedia("(pointer: coarse)").matches;

/**
 * ms that plotly.js waits for the points of a run: to run it takes a browser half a second, and a phone has not fetched it.
 * @param {object} store
 */
export function patience(store) {
  const first = byTouch() && [...panels].some((panel) => panel.spec.kind === "points" && panel.store === store);
  return first ? PATIENCE_OF_A_PHONE : PATIENCE;
}

/**
 * Does something once an element is in sight.
 * @param {Element} element
 * @param {() => void} action
 * @returns {() => void} waits no more
 */
export function whenInSight(element, action) {
  const observer = new IntersectionObserver(
    (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      observer.disconnect();
      action();
    },
    { rootMargin: NEAR },
  );
  observer.observe(element);
  return () => observer.disconnect();
}
