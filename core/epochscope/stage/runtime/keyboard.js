/** Keys that move the cursor of the page. */

/** @import { Cursor } from "./cursor.js" */

/** Roles whose own keys must keep working. */
const BUSY =
  "input,textarea,select,[contenteditable]:not([contenteditable=false]),[role=slider],[role=grid],[role=tablist],[role=radiogroup],[role=menu],[role=listbox],[role=combobox],[role=spinbutton],[role=dialog],dialog";
const PRESSABLE =
  "button,a,summary,[role=button],[role=tab],[role=checkbox],[role=switch],[role=radio],[role=option],[role=menuitem]";

/** @type {Record<string, (cursor: Cursor) => void>} */
const MOVES = {
  ArrowLeft: (cursor) => cursor.step(-1),
  ArrowRight: (cursor) => cursor.step(1),
  PageUp: (cursor) => cursor.step(10),
  PageDown: (cursor) => cursor.step(-10),
  Home: (cursor) => cursor.step(-Infinity),
  End: (cursor) => (cursor.live ? cursor.goLive() : cursor.step(Infinity)),
  "+": (cursor) => cursor.changeSpeed(1),
  "=": (cursor) => cursor.changeSpeed(1), // the same key without Shift
  "-": (cursor) => cursor.changeSpeed(-1),
};

/** Whether a key is meant for what has the focus. @param {EventTarget | null} target */
export const isBusy = (target) => target instanceof Element && target.closest(BUSY) !== null;

/**
 * Moves a cursor by a key of the page, or of the stage's own slider (`own`); says whether the key does that.
 * @param {Cursor} cursor
 * @param {KeyboardEvent} event
 */
export function moveByKey(cursor, event, own = false) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || !cursor.epochs.length) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (!own && isBusy(target)) return false;
  if (event.key === " " && !target?.closest(PRESSABLE)) cursor.toggle(event.shiftKey ? -1 : 1);
  else if (MOVES[event.key]) MOVES[event.key](cursor);
  else return false;
  return true;
}

/** Lets the keys of the page move the cursors that are shown. @param {() => Iterable<Cursor>} shown */
export function listenForKeys(shown) {
  document.addEventListener("keydown", (event) => {
    let taken = false;
    for (const cursor of new Set(shown())) taken = moveByKey(cursor, event) || taken;
    if (taken) event.preventDefault();
  });
}
