/** What the address line says about a run that is shown, and what Python asks for. */

import { colorChoice } from "../data/color_modes.js";
import { tr } from "../data/language.js";
import { OVERLAYS } from "../data/overlays.js";

/** @import { Cursor } from "./cursor.js" */

/**
 * @typedef {object} CursorStart  what the address line says
 * @property {number | null} [epoch]
 * @property {string | null} [color]
 * @property {string[] | null} [show]  overlays; null: those that suit the method
 * @property {string | null} [link]  name of a cursor that several runs share
 * @property {string | null} [lead]  the first of these runs
 *
 * @typedef {object} Order  what Python asks for, once: ids only grow within a page
 * @property {number} id
 * @property {number | null} [epoch]  null: the newest
 * @property {string | null} [color]  color mode; null: each panel as it was made
 * @property {string[]} [show]  overlays
 * @property {number | null} [pick]  place of a drawn point
 * @property {number[] | null} [select]  places of drawn points
 */

/** What of the address line cannot be used, in words. @param {CursorStart} start */
export function complaintAbout({ color, show }) {
  const overlay = show?.find((name) => !Object.hasOwn(OVERLAYS, name));
  const mode = color ?? "";
  if (mode && !colorChoice(mode))
    return tr('The link asks for colors by "{name}", which does not exist.', { name: mode.slice(0, 40) });
  return overlay ? tr('The link asks to show "{name}", which does not exist.', { name: overlay.slice(0, 40) }) : "";
}

/**
 * Moves the cursor, colors the points and lays over them what an order asks for.
 * @param {{cursor: Pick<Cursor, "seek" | "goLive">, color: string | null, show: Set<string>, showChosen: boolean}} store
 * @param {Order} order
 */
export function steer(store, { epoch, color, show }) {
  if (typeof epoch === "number" && Number.isFinite(epoch)) store.cursor.seek(epoch);
  else if (epoch === null) store.cursor.goLive();
  if (color !== undefined) store.color = color;
  if (show) Object.assign(store, { show: new Set(show), showChosen: true });
}
