/** Why a source gives nothing now. */

/** It refuses; asking again soon would not help. */
export class Refused extends Error {}
/** It is there, the run has not begun. */
export class Waiting extends Error {}

/**
 * Hands an answer on if it is one.
 * @param {Response} response
 * @returns {Promise<Response>}
 */
export async function accepted(response) {
  if (response.status === 403) throw new Refused("The server refuses to show this run here.");
  if (response.status === 404) {
    const { error } = await response.json().catch(() => ({}));
    throw new Refused(error ?? "This run is no longer there.");
  }
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}
