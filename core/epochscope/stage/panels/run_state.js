/** The state of a run in words, for the tiles and the headline. */

/** @import { Store } from "../runtime/store.js" */

/** @type {Record<string, string>} */
const TITLES = {
  running: "Running",
  paused: "Paused",
  done: "Done",
  finished: "Done",
  stopped: "Stopped",
  failed: "Failed",
  waiting: "Waiting",
  queued: "Waiting",
};

/** The state of a run as it is stored, and its name. @param {Store} store */
export function stateOf({ status }) {
  const state = status.state ?? "waiting";
  return { state, shown: state === "finished" ? "done" : state, title: TITLES[state] ?? state };
}

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** A time in words. @param {number} seconds */
export const duration = (seconds) => {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
};

/** Why a run has ended before its plan; empty if it has not, or nobody knows. @param {Store} store */
function whyDone(store) {
  const last = store.epochs.at(-1);
  const tol = store.info?.tol;
  const changed = last && store.changed(last);
  if (!last || !tol || last.epoch >= store.planned || !(typeof changed === "number" && changed < tol)) return "";
  return `ended early: fewer than ${Number((100 * tol).toPrecision(2))}% of the labels changed`;
}

/** What a run does and how long that will take, or why it has ended; may be empty. @param {Store} store */
export function stateWords(store) {
  const { state } = stateOf(store);
  const { message, doing, phase, eta_seconds: left } = store.status;
  if (message) return message;
  if (state === "done" || state === "finished") return whyDone(store);
  if (state !== "running" && state !== "paused") return "";
  const parts = [doing || phase || ""];
  if (state === "running" && typeof left === "number" && Number.isFinite(left))
    parts.push(`about ${duration(left)} left`);
  return parts.filter(Boolean).join(" · ");
}
