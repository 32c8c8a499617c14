/** Words of the glossary are found in the texts of pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "../../core/epochscope/stage/runtime/word_list.js";
import { finder } from "../../core/epochscope/stage/runtime/words.js";

const find = finder(["Q", "ACC", "code", "codes", "soft assignment", "k", "t-SNE", "ν"]);
const words = (/** @type {string} */ text) => find(text).map(({ word, start, end }) => [word, text.slice(start, end)]);

test("whole words are found, in both spellings where they are written small", () => {
  assert.deepEqual(words("Codes, a code, and ACC"), [
    ["codes", "Codes"],
    ["code", "code"],
    ["ACC", "ACC"],
  ]);
  assert.deepEqual(words("acc is no word, nor is encode or codec, Quick or k2"), []);
});

test("the longest word is found, and symbols are letters as well", () => {
  assert.deepEqual(words("soft assignment Q; ν = 1, k = 3"), [
    ["soft assignment", "soft assignment"],
    ["Q", "Q"],
    ["ν", "ν"],
    ["k", "k"],
  ]);
  assert.deepEqual(words("k-means has no k of its own in its name").length, 1);
  assert.deepEqual(words("a t-SNE of it"), [["t-SNE", "t-SNE"]]);
});

test("the words of a page are listed once, by the alphabet", () => {
  const meanings = { Q: "soft assignment", codes: "what is clustered", code: "what is clustered", ACC: "accuracy" };
  const listed = wordsOf(finder(Object.keys(meanings)), meanings, ["Q of a code", "codes and ACC, Q"]);
  assert.deepEqual(listed, [
    ["ACC", "accuracy"],
    ["code", "what is clustered"],
    ["Q", "soft assignment"],
  ]);
});
