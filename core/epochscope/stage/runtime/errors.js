/** Why a source gives nothing now. */
import { tr } from "../data/language.js";

/** @import { RunStatus } from "../data/types.js" */

/** It refuses; asking again soon would not help. */
export class Refused extends Error {}
/** It is there, the run has not begun. */
export class Waiting extends Error {}
/** It is there, and takes no more viewers for now. */
export class Busy extends Error {}
/** A connection to it ended. */
export class Cut extends Error {}
/** The run ended before its data were loaded. */
export class Ended extends Error {
  /** @param {string} why @param {RunStatus} status */
  constructor(why, status) {
    super(why);
    this.status = status;
  }
}

/**
 * Hands an answer on if it is one.
 * @param {Response} response
 * @returns {Promise<Response>}
 */
export async function accepted(response) {
  if (response.status === 403) throw new Refused(tr("The server refuses to show this run here."));
  if (response.status === 404) {
    const { error } = await response.json().catch(() => ({}));
    throw new Refused(error ?? tr("This run is no longer there."));
  }
  if (response.status === 503) throw new Busy((await response.json().catch(() => ({}))).error ?? tr("Connecting ..."));
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}
