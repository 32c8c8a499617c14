import assert from "node:assert/strict";
import test from "node:test";

import { samePlace } from "../../core/epochscope/stage/runtime/way_back.js";

test("another epoch or color is the same place; another run, step of a tour, view or page is another one", () => {
  const here = new URL("http://a/inspect?run=x&epoch=3&view=point");
  const same = (/** @type {string} */ address) => samePlace(here, new URL(address));
  assert.ok(same("http://a/inspect?run=x&epoch=4&view=point&color=cluster"));
  for (const other of ["?run=y&epoch=3&view=point", "?run=x&epoch=3&view=point&tour=dec.2", "?run=x&epoch=3"])
    assert.ok(!same(`http://a/inspect${other}`));
  assert.ok(!same("http://a/?run=x&epoch=3&view=point"));
});
