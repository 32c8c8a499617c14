/**
 * The words of a page for whoever has no pointer: the key "?", or a button after all else that is seen once the focus is on
 * it, opens a list of those that stand on the page, with their meanings.
 */
import { tr } from "../data/language.js";
import { isBusy } from "./keyboard.js";

/** @param {string} tag @param {string} text @param {Node[]} children */
function element(tag, text = "", ...children) {
  const made = document.createElement(tag);
  made.append(...(text ? [text] : []), ...children);
  return made;
}

/** What stands beside the app has its theme. @param {HTMLElement} made */
export function inTheme(made) {
  made.style.colorScheme = getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body).colorScheme;
}

/** All texts of the page that are seen. */
function* texts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent && !parent.closest("script,style,.es-page-words") && parent.checkVisibility?.() !== false)
      yield node.textContent ?? "";
  }
}

/**
 * Those of the page, each meaning once, in the order of the alphabet.
 * @param {(text: string) => {word: string}[]} find
 * @param {Record<string, string>} meanings
 * @param {Iterable<string>} found
 * @returns {[word: string, meaning: string][]}
 */
export function wordsOf(find, meanings, found) {
  /** @type {Map<string, string>}  by meaning */
  const words = new Map();
  for (const text of found)
    for (const { word } of find(text)) if (!words.has(meanings[word])) words.set(meanings[word], word);
  const listed = [...words].map(([meaning, word]) => /** @type {[string, string]} */ ([word, meaning]));
  return listed.sort(([a], [b]) => a.localeCompare(b));
}

/** "term: what it is" as two elements. @param {string} meaning */
function described(meaning) {
  const end = meaning.indexOf(": ");
  return [element("dt", meaning.slice(0, end)), element("dd", meaning.slice(end + 2))];
}

/** Shows them over the page; the focus goes back to where it was. @param {[word: string, meaning: string][]} words */
function show(words) {
  const title = tr("Words of this page");
  const list = element("dl", "", ...words.flatMap(([, meaning]) => described(meaning)));
  const close = element("button", tr("Close"));
  const dialog = /** @type {HTMLDialogElement} */ (element("dialog", "", element("h2", title), list, close));
  dialog.className = "es-page-words";
  dialog.ariaLabel = title;
  list.tabIndex = 0; // to scroll by keys
  close.onclick = () => dialog.close();
  dialog.onkeydown = (event) => event.stopPropagation(); // no key of the page is meant
  dialog.onclose = () => dialog.remove();
  inTheme(dialog);
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {(text: string) => {word: string}[]} find @param {Record<string, string>} meanings */
export function offerWords(find, meanings) {
  const button = element("button", `${tr("Words of this page")} (?)`);
  button.className = "es-page-words-way";
  button.onfocus = () => inTheme(button);
  button.onclick = () => show(wordsOf(find, meanings, texts()));
  document.body.append(button);
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !isBusy(event.target)) button.onclick?.(/** @type {any} */ (event));
  });
}
