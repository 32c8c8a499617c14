/**
 * Sentences in the language of the page: English ones are the keys of a catalog, which whoever loads the stage hands over
 * before the modules that say something are loaded. Without one it is English. The catalogs are made by
 * `python -m assets.messages`; epochscope/language.py is the same for what Python shows.
 */

/** @typedef {Record<string, string | string[]>} Messages  by their English; of what is counted: for one, for several */

/** @type {Messages} */
let messages = {};
let rules = new Intl.PluralRules("en");
let code = "en";
const FAILURE = "failure: "; // what keys of such sentences begin with

/** @type {Map<string, Promise<void>>}  by address */
const loads = new Map();

/** Takes a catalog. @param {string} language  such as "de" @param {Messages} catalog */
export function useCatalog(language, catalog) {
  messages = catalog;
  rules = new Intl.PluralRules(language);
  code = language;
}

/** Fetches a catalog, once; without it, the page is in English. @param {string} language @param {string} address */
export function loadCatalog(language, address) {
  const load = async () => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`status ${response.status}`);
    useCatalog(language, await response.json());
  };
  const known = loads.get(address) ?? load().catch((error) => console.warn("epochscope language:", error));
  loads.set(address, known);
  return known;
}

/** The language of the page, such as "de". */
export const languageCode = () => code;

/** @param {string} text @param {Record<string, unknown>} values */
const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? `${values[name]}` : whole));

/**
 * A sentence in the language of the page; what stands in braces is filled in. One that no catalog has stays as it is; none
 * is empty.
 * @param {string | null | undefined} message
 * @param {Record<string, unknown>} [values]
 */
export function tr(message, values = {}) {
  if (!message) return "";
  const known = Object.hasOwn(messages, message) ? messages[message] : message;
  return filled(typeof known === "string" ? known : known[0], values);
}

/**
 * A sentence about `n` things, in the form that the language has for so many.
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Record<string, unknown>} [values]  besides `n`, or another way to write it
 */
export function ntr(one, many, n, values = {}) {
  const known = Object.hasOwn(messages, one) ? messages[one] : [one, many];
  const forms = typeof known === "string" ? [known] : known;
  return filled(rules.select(n) === "one" ? forms[0] : forms[forms.length - 1], { n, ...values });
}

/**
 * The name of a phase of a run, as it is stored, in the language of the page. Its entries have a word more: "cluster" is a
 * phase, and something else elsewhere.
 * @param {string | null | undefined} phase
 */
export const phaseName = (phase) => (phase && messages[`phase: ${phase}`] ? tr(`phase: ${phase}`) : (phase ?? ""));

/**
 * Why a run failed, as it is stored: in the language of the page where its catalog has such a sentence, else in English,
 * and said to be.
 * @param {string} sentence
 */
export function failure(sentence) {
  for (const [key, known] of Object.entries(messages)) {
    const values = key.startsWith(FAILURE) && valuesIn(key.slice(FAILURE.length), sentence);
    if (values) return filled(`${known}`, values);
  }
  const translated = tr(sentence);
  return code === "en" || translated !== sentence ? translated : tr("Told in English only: {sentence}", { sentence });
}

/** What stands in the places of a template, if this sentence was made of it. @param {string} template @param {string} sentence */
function valuesIn(template, sentence) {
  const plain = (/** @type {string} */ part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const parts = template.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? `(?<${part}>.+)` : plain(part)));
  const groups = sentence.match(new RegExp(`^${parts.join("")}$`, "s"));
  const values = groups && Object.entries(groups.groups ?? {});
  return (
    values && Object.fromEntries(values.map(([name, value]) => [name, name === "phase" ? phaseName(value) : tr(value)]))
  );
}

/** The sentence itself, for the catalogs: it is translated where it is shown. @param {string} message */
export const marked = (message) => message;
