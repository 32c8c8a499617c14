/** Marks of points: told apart without colors, and the same for groups of one color never. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COLOR_MENU, choiceOf, colorChoice } from "../../core/epochscope/stage/data/color_modes.js";
import { matchingWords, otherEpoch, repetition } from "../../core/epochscope/stage/points/legend.js";
import { contrast, inkOn, readable } from "../../core/epochscope/stage/render/color.js";
import { coverage, FORMS, formAsSvg, formOf, REACH } from "../../core/epochscope/stage/render/forms.js";

const R = 4; // pixels

/** How much of each pixel around the middle a mark covers. @param {number} form */
function drawn(form) {
  const cover = [];
  for (let y = -7; y <= 7; y++) for (let x = -7; x <= 7; x++) cover.push(coverage(form, x, y, R));
  return cover;
}

test("no two marks look alike, all are about as large, none reaches farther than is said", () => {
  const marks = FORMS.map((_, form) => drawn(form));
  const areas = marks.map((cover) => cover.reduce((a, b) => a + b, 0));
  const circle = Math.PI * R ** 2;
  for (const [i, one] of marks.entries()) {
    assert.ok(areas[i] > 0.55 * circle && areas[i] < 1.35 * circle, `${FORMS[i]}: ${areas[i] / circle}`);
    for (const [j, other] of marks.entries()) {
      if (j <= i) continue;
      const apart = one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0);
      assert.ok(apart > 0.18 * circle, `${FORMS[i]} and ${FORMS[j]}: ${apart / circle}`);
    }
  }
  const beyond = REACH * R + 1;
  for (const form of FORMS.keys())
    for (const [x, y] of [
      [beyond, 0],
      [-beyond, 0],
      [0, beyond],
      [0, -beyond],
    ])
      assert.equal(coverage(form, x, y, R), 0, FORMS[form]);
});

test("groups of one color have different marks", () => {
  const pairs = Array.from({ length: 100 }, (_, hue) => `${hue % 10}|${formOf(hue, 10)}`);
  assert.equal(new Set(pairs).size, 100);
  assert.deepEqual(
    [0, 1, 9].map((hue) => formOf(hue, 10)),
    [0, 1, 9],
  );
});

test("marks in a saved picture", () => {
  assert.equal(formAsSvg(0, 1, 2, 3), '<circle cx="1.00" cy="2.00" r="3.00"/>');
  assert.match(formAsSvg(1, 1, 2, 3), /^<path transform="translate\(1\.00 2\.00\) scale\(3\.00\)" d="M-\.9/);
});

test("colors with shapes are choices of the menu", () => {
  const choices = COLOR_MENU.map(([choice]) => choice);
  assert.ok(choices.includes("class-shapes") && choices.includes("cluster-shapes"));
  assert.deepEqual(colorChoice("cluster-shapes"), { mode: "cluster", shapes: true });
  assert.deepEqual(colorChoice("confidence"), { mode: "confidence", shapes: false });
  assert.deepEqual(["confidence-shapes", "-shapes", "", "classes"].map(colorChoice), [null, null, null, null]);
  assert.deepEqual(
    [choiceOf("class", true), choiceOf("class", false), choiceOf("entropy", true)],
    ["class-shapes", "class", "entropy"],
  );
});

test("a key with more groups than colors says so", () => {
  assert.equal(repetition(40, 10, false, true), "40 groups share 10 colors; the key scrolls");
  assert.equal(repetition(11, 10, true, false), "11 groups share 10 colors, told apart by shapes");
});

test("a change of the matching is said", () => {
  const classes = ["zero", "one"];
  assert.equal(matchingWords([[3, 1]], classes), "cluster 3 now matches class one");
  assert.equal(matchingWords([[3, 2]], classes), "cluster 3 no longer matches a class");
  assert.match(
    matchingWords(
      [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
      classes,
    ),
    /^3 clusters have new colors/,
  );
});

test("a color as text can be read on light and on dark ground", () => {
  assert.ok(Math.abs(contrast("#ffffff", "#000000") - 21) < 1e-9);
  for (const color of ["#3f90da", "#ffa90e", "#2563c9", "#92dadd"])
    for (const ground of ["#ffffff", "#0e1117", "#262730"]) {
      assert.ok(contrast(readable(color, ground), ground) >= 4.5);
      assert.ok(contrast(inkOn(color), color) >= 4.5, color);
    }
  assert.equal(readable("#000000", "#ffffff"), "#000000");
});

test("a picture that will not come is not waited for: its reason is said", () => {
  const what = { drawn: 3, epoch: 9, live: true, refused: "" };
  assert.equal(otherEpoch(what), "showing epoch 3; epoch 9 is being computed");
  assert.equal(otherEpoch({ ...what, live: false }), "showing epoch 3; none for epoch 9");
  assert.equal(
    otherEpoch({ ...what, refused: "UMAP ended its process 3 times." }),
    "showing epoch 3; none for epoch 9: UMAP ended its process 3 times.",
  );
});
