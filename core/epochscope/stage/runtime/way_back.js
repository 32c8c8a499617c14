/**
 * The way back. Streamlit adds an entry to the browser's history for whatever changes in the address line, each epoch at
 * which the cursor rests among it. Back leaves what somebody looks at; it does not undo each glance at it.
 */

/** What names a place in the address line; whatever else stands there is how one looks at it. */
const PLACES = ["run", "runs", "futures", "class", "tour", "present", "view", "card", "tab", "part", "data", "method"];

/**
 * Whether two addresses show the same thing, perhaps at another epoch or in other colors.
 * @param {URL} one @param {URL} other
 */
export const samePlace = (one, other) =>
  one.origin === other.origin &&
  one.pathname === other.pathname &&
  PLACES.every((name) => one.searchParams.get(name) === other.searchParams.get(name));

let kept = false;

/** From now on, an address of the same place takes the place of the last entry of the history. */
export function keepPlaces() {
  if (kept) return;
  kept = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const here = new URL(location.href);
    if (url && samePlace(here, new URL(url, here))) history.replaceState(state, unused, url);
    else push(state, unused, url);
  };
}
