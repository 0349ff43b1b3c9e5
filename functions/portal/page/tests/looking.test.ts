import { describe, expect, it } from "vitest";
import type { Analysis } from "../src/lib/api";
import { lookingWords } from "../src/lib/looking";

const analysis = (more: Partial<Analysis>): Analysis => ({
  state: "completed",
  mode: "batch",
  reason: null,
  boxes: null,
  stills: null,
  stretch_ms: null,
  stretches: null,
  objects: null,
  seen_mode: null,
  pictures: 0,
  dropped: 0,
  ...more,
});

describe("lookingWords", () => {
  it("says nothing of what was looked at as a whole", () => {
    expect(lookingWords(analysis({ boxes: "b/{n}.json", pictures: 20 }))).toBeNull();
  });

  it("says the mode, what was left out, and that what was seen before is shown", () => {
    expect(lookingWords(analysis({ state: "planned" }))).toBe("Looking at what is seen.");
    expect(lookingWords(analysis({ state: "planned", mode: "realtime", boxes: "b/{n}.json" }))).toBe(
      "Looking at what is seen, in realtime. What was seen before is shown.",
    );
    expect(lookingWords(analysis({ mode: "realtime", boxes: "b/{n}.json", pictures: 20, dropped: 4 }))).toBe(
      "Looked at in realtime: 4 of 24 pictures were left out.",
    );
  });

  it("says why nobody looks", () => {
    const skipped = analysis({ state: "skipped", reason: "skipped: no model" });
    expect(lookingWords(skipped)).toBe("Detections: skipped: no model");
  });
});
