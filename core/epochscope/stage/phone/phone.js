/**
 * The page of a student's phone: one socket, no plotly, nothing of the stage but how elements are made and how sentences
 * are translated. The code of the class is the end of the address.
 */
import { make, setText } from "../base/dom.js";
import { marked, ntr, tr, useCatalog } from "../data/language.js";
import { Line } from "./line.js";
import { asking, joining, results, training } from "./views.js";

/** @import { Told } from "./views.js" */

const words = /** @type {HTMLElement} */ (document.getElementById("words"));
useCatalog(document.documentElement.lang, JSON.parse(words.textContent ?? ""));
const place = /** @type {HTMLElement} */ (document.getElementById("class"));
const [, base, code] = /** @type {RegExpExecArray} */ (/^(.*)\/join\/([^/]*)$/.exec(location.pathname));
const address = new URL(`${base}/api/lessons/${code}`, location.href);
address.searchParams.set("language", document.documentElement.lang);
address.protocol = address.protocol.replace("http", "ws");

const title = make("h1");
const who = make("p", "who");
const note = make("p", "note", { role: "alert" });
const lost = make("p", "lost", { role: "status", hidden: true });
const waiting = make("p", "waiting", { role: "status" });
const join = joining((message) => line.say(message));
const parts = [asking((message) => line.say(message)), training((place.dataset.palette ?? "").split(" ")), results()];
place.replaceChildren(
  make("header", "", {}, title, who),
  lost,
  note,
  join.element,
  ...parts.map((one) => one.element),
  waiting,
);
title.textContent = tr("Class");
join.element.hidden = true;
for (const one of parts) one.element.hidden = true;
setText(waiting, tr("Connecting …"));

const WAITING = {
  lobby: marked("You are in. The first question comes soon; keep this page open."),
  asking: "",
  closed: marked("Look at the projector: more comes soon."),
  training: "",
  trained: "",
  revealed: "",
  ended: marked("This class has ended. Thank you!"),
};

/** @param {Told} told */
function hear(told) {
  lost.hidden = true;
  setText(title, told.title);
  setText(note, told.note);
  const { name, seed, sharing = 0, phase } = told;
  join.element.hidden = name !== null || phase === "ended";
  const own = sharing
    ? ntr(
        "{name} · you own seed {seed}, shared with {n} other",
        "{name} · you own seed {seed}, shared with {n} others",
        sharing,
        {
          name,
          seed,
        },
      )
    : tr("{name} · you own seed {seed}", { name, seed });
  setText(who, name === null ? "" : own);
  setText(waiting, name === null && phase !== "ended" ? "" : tr(WAITING[phase]));
  for (const one of parts) one.update(told);
  document.body.dataset.phase = phase;
}

const line = new Line(address, {
  heard: hear,
  lost: (why) => {
    lost.hidden = false;
    const words = line.unsaid
      ? tr("The connection is lost; what you said is sent once it is back …")
      : tr("The connection is lost; trying again …");
    setText(lost, why || words);
  },
  refused: (why) => {
    lost.hidden = false;
    setText(lost, why);
    setText(waiting, "");
    const again = make("button", "", { type: "button" }, tr("Load again"));
    again.onclick = () => location.reload();
    place.replaceChildren(make("header", "", {}, title), lost, again);
  },
});
const back = () => {
  if (!document.hidden && !line.connected) line.again();
};
document.addEventListener("visibilitychange", back);
window.addEventListener("online", back);
