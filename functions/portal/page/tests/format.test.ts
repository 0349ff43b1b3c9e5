import { describe, expect, test } from "vitest";
import { ago, bytes, clock, headline, resolution, span, took } from "../src/lib/format";

test("sizes are shown in the largest unit that fits", () => {
  expect([0, 1, 1023, 1024, 1536, 734_003_200, 5 * 1024 ** 4].map(bytes)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 KB",
    "1.5 KB",
    "700 MB",
    "5 TB",
  ]);
});

test("a clock has hours only where there are some", () => {
  expect([0, 999, 83_000, 3_723_000].map(clock)).toEqual(["0:00", "0:01", "1:23", "1:02:03"]);
});

test("what is left is said roughly", () => {
  expect([2, 42, 100, 3600, 7500].map(span)).toEqual(["a few seconds", "40 s", "2 min", "1 h", "2 h 5 min"]);
});

test("what was measured is said exactly", () => {
  expect([4200, 42_000, 95_000].map(took)).toEqual(["4.2 s", "42 s", "1 min 35 s"]);
});

describe("when", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  test.each([
    ["2026-11-21T11:59:50Z", "just now"],
    ["2026-11-21T11:55:00Z", "5 min ago"],
    ["2026-11-21T09:00:00Z", "3 h ago"],
    ["2026-11-20T11:00:00Z", "yesterday"],
  ])("%s is %s", (then, said) => expect(ago(new Date(then), now)).toBe(said));
});

test("a headline is the file's name without its extension", () => {
  expect(["holiday.final.MP4", "no extension", ".mp4", "Überfahrt 100 %.mov"].map(headline)).toEqual([
    "holiday.final",
    "no extension",
    ".mp4",
    "Überfahrt 100 %",
  ]);
});

test("a picture's size is named by its short side", () => {
  expect([resolution(1280, 720), resolution(720, 1280)]).toEqual(["720p", "720p upright"]);
});
