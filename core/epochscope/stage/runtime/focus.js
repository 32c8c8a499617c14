/**
 * The focus, where the page around the stage would lose it: a button that is disabled once it was pressed (Play), and
 * what opens over the page far from its button, and where it would go out of sight.
 */

const FOCUSABLE =
  "button:not([disabled]),a[href],input:not([disabled]):not([type=hidden]),select:not([disabled]),textarea:not([disabled]),[tabindex]:not([tabindex='-1'])";
const OPENER = "[data-testid=stPopoverButton]";
const OPENED = "[data-testid=stPopoverBody]";
const FINDINGS = ".st-key-inspect-notes";
const OPENED_BY_FINDING = ".st-key-focus";
const WAY_TO_SAMPLES = "[class*=st-key-samples]";
const SAMPLE = ".st-key-changed-gallery .es-gallery button";
const VIEW = "[class*=st-key-view-bar] [aria-checked=true]";
const PATIENCE = 5000; // ms in which what a key has pressed may be redrawn
const PACE = 60; // ms

/** @param {Element} element */
const focusables = (element) =>
  [...element.querySelectorAll(FOCUSABLE)].filter(
    (one) => one instanceof HTMLElement && one.getClientRects().length > 0,
  );

/** Calls back again and again until it says that it is done, or time is up. @param {() => boolean} done */
function soon(done, until = performance.now() + PATIENCE) {
  if (!done() && performance.now() < until) setTimeout(() => soon(done, until), PACE);
}

/** Whether nothing has the focus. */
const isLost = () => !document.activeElement || document.activeElement === document.body;

/**
 * Which of several buttons stands in for one that cannot be pressed any more: the next one that can, else the first.
 * @param {{usable: boolean}[]} buttons
 * @param {number} place
 */
export function standIn(buttons, place) {
  const next = buttons.findIndex(({ usable }, i) => i > place && usable);
  return next >= 0 ? next : buttons.findIndex(({ usable }) => usable);
}

/** The focus goes to a neighbor once a button is disabled or gone. @param {HTMLElement} pressed */
function keep(pressed) {
  const row = pressed.closest(
    "[data-testid=stHorizontalBlock],[data-testid=stLayoutWrapper],[data-testid=stVerticalBlock]",
  );
  if (!row) return;
  const place = [...row.querySelectorAll("button")].indexOf(/** @type {HTMLButtonElement} */ (pressed));
  soon(() => {
    if (!isLost() && document.activeElement !== pressed) return true; // it went on by itself
    if (pressed.isConnected && !pressed.matches(":disabled")) return false;
    if (!row.isConnected) return true;
    const buttons = [...row.querySelectorAll("button")];
    const other =
      buttons[
        standIn(
          buttons.map((one) => ({ usable: !one.disabled })),
          place,
        )
      ];
    other?.focus();
    return true;
  });
}

/** What a button opens over the page gets the focus at once; Streamlit gives it back on Esc. */
function enter() {
  soon(() => {
    const opened = document.querySelector(OPENED);
    if (!(opened instanceof HTMLElement)) return false;
    if (opened.contains(document.activeElement)) return true;
    const [first] = focusables(opened);
    if (first instanceof HTMLElement) first.focus();
    else {
      opened.tabIndex = -1;
      opened.focus();
    }
    return opened.contains(document.activeElement);
  }, performance.now() + 1500);
}

/** Tab beyond the ends of what is open goes back to its button. @param {KeyboardEvent} event */
function leave(event) {
  const opened = event.target instanceof Element ? event.target.closest(OPENED) : null;
  if (event.key !== "Tab" || !opened) return;
  const inside = focusables(opened);
  const end = event.shiftKey ? inside[0] : inside[inside.length - 1];
  if (inside.length && event.target !== end) return;
  const opener = document.querySelector(`${OPENER}[aria-expanded=true]`);
  if (!(opener instanceof HTMLElement)) return;
  event.preventDefault();
  opener.focus();
}

/** A folded sidebar is no stop of the Tab key: Streamlit leaves its widgets beyond the edge. @param {KeyboardEvent} event */
function passFolded({ key }) {
  const sidebar = document.querySelector("[data-testid=stSidebar]");
  if (key !== "Tab" || !(sidebar instanceof HTMLElement) || sidebar.getBoundingClientRect().right > 0) return;
  sidebar.inert = true; // until the key has moved the focus
  setTimeout(() => {
    sidebar.inert = false;
  });
}

/** What a finding has opened comes into sight, wherever the findings leave it; samples get the focus from a key. @param {Element} pressed @param {boolean} byKey */
function show(pressed, byKey) {
  const samples = pressed.closest(WAY_TO_SAMPLES) !== null;
  const before = samples ? document.querySelector(SAMPLE) : null; // of another finding
  soon(() => {
    const opened = document.querySelector(samples ? SAMPLE : OPENED_BY_FINDING);
    if (!(opened instanceof HTMLElement) || opened === before) return false;
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    opened.scrollIntoView({ block: "nearest", behavior: smooth ? "smooth" : "auto" });
    if (samples && byKey) opened.focus({ preventScroll: true });
    return true;
  });
}

/** A sample that was picked is gone with all of them: the view that shows it has the focus. @param {Element} picked */
function follow(picked) {
  soon(() => {
    if (picked.isConnected) return false;
    const view = document.querySelector(VIEW);
    if (isLost() && view instanceof HTMLElement) view.focus();
    return true;
  });
}

const kept = Symbol.for("epochscope.focus");

/** Looks after the focus of the page, once however often this module is loaded. */
export function keepFocus() {
  const page = /** @type {{[kept]?: boolean}} */ (/** @type {unknown} */ (window));
  if (page[kept]) return;
  page[kept] = true;
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("button") : null;
    if (!pressed?.closest("[data-testid=stApp]")) return;
    if (pressed.closest(FINDINGS)) show(pressed, event.detail === 0);
    if (event.detail === 0 && pressed.matches(SAMPLE)) follow(pressed);
    if (pressed.matches(OPENER)) enter();
    else if (event.detail === 0 && !pressed.closest(".es")) keep(pressed); // by a key
  });
  document.addEventListener("keydown", leave);
  document.addEventListener("keydown", passFolded);
}
