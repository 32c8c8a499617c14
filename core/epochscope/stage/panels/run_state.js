/** The state of a run in words, for the tiles and the headline. */
import { failure, phaseName, tr } from "../data/language.js";

/** @import { Store } from "../runtime/store.js" */

/** @type {Record<string, string>} */
const TITLES = {
  running: tr("Running"),
  paused: tr("Paused"),
  done: tr("Done"),
  finished: tr("Done"),
  stopped: tr("Stopped"),
  failed: tr("Failed"),
  waiting: tr("Waiting"),
  queued: tr("Waiting"),
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
  if (s < 60) return tr("{s} s", { s });
  if (s < 3600) return tr("{m} min {s} s", { m: Math.floor(s / 60), s: two(s % 60) });
  return tr("{h} h {m} min", { h: Math.floor(s / 3600), m: two(Math.floor((s % 3600) / 60)) });
};

/** Why a run has ended before its plan; empty if it has not, or nobody knows. @param {Store} store */
function whyDone(store) {
  const last = store.epochs.at(-1);
  const tol = store.info?.tol;
  const changed = last && store.changed(last);
  if (!last || !tol || last.epoch >= store.planned || !(typeof changed === "number" && changed < tol)) return "";
  return tr("ended early: fewer than {percent}% of the labels changed", {
    percent: Number((100 * tol).toPrecision(2)),
  });
}

/** What a run does and how long that will take, or why it has ended; may be empty. @param {Store} store */
export function stateWords(store) {
  const { state } = stateOf(store);
  const { message, doing, phase, eta_seconds: left } = store.status;
  if (message) return state === "failed" || state === "interrupted" ? failure(message) : tr(message);
  if (state === "done" || state === "finished") return whyDone(store);
  if (state !== "running" && state !== "paused") return "";
  const parts = [doing ? tr(doing) : phaseName(phase)];
  if (state === "running" && typeof left === "number" && Number.isFinite(left))
    parts.push(tr("about {time} left", { time: duration(left) }));
  return parts.filter(Boolean).join(" · ");
}
