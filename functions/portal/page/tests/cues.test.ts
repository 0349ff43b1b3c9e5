import { describe, expect, it } from "vitest";
import { current, marked, parse } from "../src/lib/cues";

const FILE = `WEBVTT

00:00:01.000 --> 00:00:02.500
Fish &amp; chips
at 5 &lt; 6

01:00:03.250 --> 01:00:04.000
The end.
`;

describe("captions", () => {
  it("are read from WebVTT", () => {
    expect(parse(FILE)).toEqual([
      { start: 1, end: 2.5, text: "Fish & chips at 5 < 6" },
      { start: 3603.25, end: 3604, text: "The end." },
    ]);
    expect(parse("<html>no captions</html>")).toEqual([]);
  });

  it("know which one is being said", () => {
    const cues = parse(FILE);
    expect([0, 1, 2, 60, 3603.25, 9999].map((time) => current(cues, time))).toEqual([-1, 0, 0, 0, 1, 1]);
    expect(current([], 5)).toBe(-1);
  });

  it("show what was looked for", () => {
    expect(marked("It was raining (again).", "rain")).toEqual(["It was ", "rain", "ing (again)."]);
    expect(marked("a+b", "+ (")).toEqual(["a+b"]);
  });
});
