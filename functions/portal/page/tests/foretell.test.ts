import { expect, test } from "vitest";
import { foretell } from "../src/lib/foretell";

const growing = () => ({
  attributes: {
    type: "dynamic",
    availabilityStartTime: "2026-11-20T10:00:00Z",
    suggestedPresentationDelay: "PT8S",
  } as Record<string, string>,
});

test("a growing manifest gets the title's duration, and all of it counts as available", () => {
  const mpd = growing();
  foretell(mpd, 90_500);
  expect(mpd.attributes).toEqual({
    type: "dynamic",
    availabilityStartTime: "2026-11-20T09:58:29.500Z",
    mediaPresentationDuration: "PT90.5S",
  });
});

test("a finished manifest, or one of unknown length, stays as it is", () => {
  const finished = { attributes: { type: "static", mediaPresentationDuration: "PT9S" } };
  foretell(finished, 90_500);
  expect(finished.attributes).toEqual({ type: "static", mediaPresentationDuration: "PT9S" });
  const unknown = growing();
  foretell(unknown, null);
  expect(unknown).toEqual(growing());
});
