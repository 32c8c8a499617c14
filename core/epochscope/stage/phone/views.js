/** The parts of a phone's page: joining, the question, the own seed, what happened. Each is made once and brought up to date. */
import { make, setText } from "../base/dom.js";
import { marked, tr } from "../data/language.js";
import { drawCurves, drawDots, lastOf } from "./drawing.js";

/** @import { Training } from "./drawing.js" */

/**
 * @typedef {object} Question  core/epochscope/classroom/lesson.py
 * @property {string} key
 * @property {string} text
 * @property {string} about
 * @property {{label: string, detail: string, pictures: string[]}[]} options
 * @property {string} picture
 *
 * @typedef {object} Told  what the server tells a phone (core/epochscope/classroom/words.py)
 * @property {string} title
 * @property {"lobby" | "asking" | "closed" | "training" | "trained" | "revealed" | "ended"} phase
 * @property {string} note
 * @property {string | null} name
 * @property {number} joined
 * @property {number} [seed]
 * @property {number} [sharing]
 * @property {Question} [question]
 * @property {number | null} [answer]
 * @property {Training} [training]
 * @property {{question: string, predicted: string, happened: string, verdict: string}[]} [results]
 *
 * @typedef {(message: object) => void} Say
 */

const LONGEST_NAME = 24;
const STEP = 0.005;
const ABOUT = [
  marked("Dots: points of the data as the network sees them, in the color of their cluster."),
  marked("Line: your ACC; the band is that of all seeds. ACC needs true classes, which the training never sees."),
];

/** @type {Record<string, string>}  by the state of a training */
const LIVE = {
  queued: marked("Waiting for its turn …"),
  loading: marked("Loading the data …"),
  running: marked("Training …"),
};

/** A name, to join with. @param {Say} say */
export function joining(say) {
  const name = make("input", "", { type: "text", id: "name", maxLength: LONGEST_NAME, autocomplete: "nickname" });
  const label = make("label", "", { htmlFor: "name" }, tr("Your nickname"));
  const button = make("button", "", { type: "submit" }, tr("Join"));
  const words = tr("Everybody sees it on the projector. There is no account: this device is known again by a cookie.");
  const element = make("form", "join", {}, label, name, make("p", "quiet", {}, words), button);
  element.onsubmit = (event) => {
    event.preventDefault();
    if (name.value.trim()) say({ name: name.value });
    else name.focus();
  };
  return { element };
}

/** @param {Question["options"][number]} option @param {number} place @param {Say} say @param {string} key */
function choice(option, place, say, key) {
  const input = make("input", "", { type: "radio", name: key, value: `${place}` });
  input.onchange = () => say({ question: key, answer: place });
  const pictures = option.pictures.map((src) => make("img", "", { src, alt: "" }));
  const words = make("span", "", {}, make("b", "", {}, option.label), make("small", "", {}, option.detail));
  return make("label", "choice", {}, input, words, make("span", "pictures", {}, ...pictures));
}

/** The slider for a number. @param {Question} question @param {Say} say */
function slider({ key, text }, say) {
  const range = make("input", "", { type: "range", min: "0", max: "1", step: `${STEP}`, value: "0.5" });
  range.setAttribute("aria-label", text);
  const shown = make("output", "", {}, "0.500");
  range.oninput = () => setText(shown, Number(range.value).toFixed(3));
  const button = make("button", "", { type: "button" }, tr("Send"));
  button.onclick = () => say({ question: key, answer: Number(range.value) });
  return make(
    "div",
    "number",
    {},
    shown,
    range,
    make("div", "ends", {}, make("i", "", {}, "0"), make("i", "", {}, "1")),
    button,
  );
}

/** The question that can be answered, or was. @param {Say} say */
export function asking(say) {
  const element = make("form", "question");
  const given = make("p", "given", { role: "status" });
  element.onsubmit = (event) => event.preventDefault();
  /** @type {HTMLFieldSetElement | null} */
  let fields = null;
  let shown = "";
  /** @param {Question} question */
  const build = (question) => {
    const { key, text, about, options, picture } = question;
    const legend = make("legend", "", {}, text);
    fields = make("fieldset", "", {}, legend, given);
    if (picture) fields.append(make("img", "asked", { src: picture, alt: tr("The point that is asked about") }));
    fields.append(
      options.length
        ? make(
            "div",
            options.some((one) => one.pictures.length) ? "choices" : "choices wide",
            {},
            ...options.map((one, i) => choice(one, i, say, key)),
          )
        : slider(question, say),
    );
    const more = make("details", "", {}, make("summary", "", {}, tr("What this means")), make("p", "", {}, about));
    element.replaceChildren(fields, more);
  };
  /** @param {Told} told */
  const update = ({ question, answer, phase }) => {
    element.hidden = !question;
    if (!question) return;
    if (question.text !== shown) build(question);
    if (!fields) return;
    const open = phase === "asking";
    const fresh = question.text !== shown;
    shown = question.text;
    fields.disabled = !open;
    const has = answer !== null && answer !== undefined;
    const words = has ? (question.options[answer]?.label ?? answer.toFixed(3)) : "";
    if (has) {
      /** @type {HTMLInputElement} */ /** @type {NodeListOf<HTMLInputElement>} */
      const inputs = fields.querySelectorAll("input[type=radio]");
      for (const input of inputs) input.checked = input.value === `${answer}`;
      const range = /** @type {HTMLInputElement | null} */ (fields.querySelector("input[type=range]"));
      if (range && fresh) {
        range.value = `${answer}`;
        range.dispatchEvent(new Event("input"));
      }
    }
    const known = open
      ? tr("Your answer: {answer}. You may still change it.", { answer: words })
      : tr("Your answer: {answer}. The question is closed.", { answer: words });
    const none = open ? tr("Not answered yet.") : tr("You did not answer. The question is closed.");
    setText(given, has ? known : none);
  };
  return { element, update };
}

/** The own seed while it trains. @param {string[]} palette */
export function training(palette) {
  const canvas = make("canvas", "dots", { role: "img" });
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("class", "curves");
  const acc = make("p", "acc");
  const state = make("p", "quiet", { role: "status" });
  const heading = make("h2");
  const words = make("p", "quiet");
  const element = make("section", "seed", {}, heading, acc, canvas, picture, state, words);
  /** @param {Told} told */
  const update = ({ training: seen, seed }) => {
    element.hidden = !seen;
    if (!seen) return;
    setText(heading, tr("Your seed: {seed}", { seed }));
    const values = seen.curves.map(lastOf);
    const parts = values.map((one, i) =>
      one === null ? "" : `${one.toFixed(3)}${seen.variants[i] ? ` (${seen.variants[i]})` : ""}`,
    );
    const there = parts.filter(Boolean).join(" · ");
    setText(acc, there ? `ACC ${there}` : tr("ACC comes with the first clusters"));
    const dashed = seen.variants.length > 1 ? [tr("Dashed: {what}.", { what: seen.variants[0] })] : [];
    setText(words, [...ABOUT.map((one) => tr(one)), ...dashed].join(" "));
    canvas.hidden = !seen.places;
    if (seen.places) {
      drawDots(canvas, seen, palette, getComputedStyle(canvas).getPropertyValue("--faint"));
      canvas.setAttribute(
        "aria-label",
        tr("Codes of seed {seed} in the plane at epoch {epoch}", { seed, epoch: seen.epochs - 1 }),
      );
    }
    const any = seen.range[0].some((one) => one !== null);
    picture.toggleAttribute("hidden", !any);
    if (any) drawCurves(picture, seen);
    picture.setAttribute("aria-label", tr("Curve of {what}", { what: acc.textContent }));
    const live = LIVE[seen.state];
    setText(
      state,
      live
        ? tr(live)
        : seen.state === "done"
          ? tr("The training has ended. What happened is told soon.")
          : tr("The training ended: {why}", { why: seen.message || seen.state }),
    );
  };
  return { element, update };
}

/** What happened, beside what was predicted. */
export function results() {
  const element = make("section", "results");
  let shown = "";
  /** @param {Told} told */
  const update = ({ results: some, seed }) => {
    element.hidden = !some;
    const now = JSON.stringify(some ?? null);
    if (!some || now === shown) return;
    shown = now;
    const told = some.map((one) =>
      make(
        "article",
        "",
        {},
        make("h2", "", {}, one.question),
        make(
          "dl",
          "",
          {},
          make("dt", "", {}, tr("You predicted")),
          make("dd", "", {}, one.predicted),
          make("dt", "", {}, tr("With seed {seed}", { seed })),
          make("dd", "", {}, one.happened),
        ),
        make("p", "verdict", {}, one.verdict),
      ),
    );
    element.replaceChildren(...(told.length ? told : [make("p", "", {}, tr("No question was asked."))]));
  };
  return { element, update };
}
