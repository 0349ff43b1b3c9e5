import { describe, expect, it } from "vitest";
import type { Detection } from "../src/lib/api";
import { boxesAt, fitted, lanes, type Picture } from "../src/lib/seen";

const box = (detection: number, x: number) => ({ detection, score: 0.9, x, y: 0.5, width: 0.25, height: 0.5 });

const PICTURES: Picture[] = [
  { time_ms: 0, boxes: [box(0, 0)] },
  { time_ms: 500, boxes: [box(0, 0.5), box(1, 0.25)] },
  { time_ms: 1000, boxes: [] },
  { time_ms: 5000, boxes: [box(2, 0.75)] },
];

const at = (ms: number) => boxesAt(PICTURES, ms).map(({ detection, x }) => [detection, x]);

describe("boxes", () => {
  it("move between pictures, and go with their thing", () => {
    expect(at(0)).toEqual([[0, 0]]);
    expect(at(250)).toEqual([[0, 0.25]]);
    expect(at(500)).toEqual([[0, 0.5], [1, 0.25]]);
    expect(at(999)).toEqual([[0, 0.5], [1, 0.25]]);
    expect(at(1000)).toEqual([]);
    expect(at(5700)).toEqual([[2, 0.75]]);
    expect(at(5800)).toEqual([]);
    expect(at(-1)).toEqual([]);
    expect(boxesAt([], 0)).toEqual([]);
  });

  it("lie on the picture, not on the bars beside it", () => {
    const wide = { width: 1600, height: 900 };
    expect(fitted(wide, { width: 720, height: 1280 })).toEqual({ left: 546.875, top: 0, width: 506.25, height: 900 });
    expect(fitted({ width: 800, height: 800 }, wide)).toEqual({ left: 0, top: 175, width: 800, height: 450 });
    expect(fitted(wide, { width: 0, height: 0 }).width).toBe(0);
  });
});

describe("lanes", () => {
  const seen = (label: string, start_ms: number, end_ms: number) => ({ label, start_ms, end_ms }) as Detection;

  it("join what is seen at once, the longest first", () => {
    const detections = [seen("dog", 0, 1000), seen("person", 500, 4000), seen("person", 3000, 6000), seen("person", 8000, 9000)];
    expect(lanes(detections, 5)).toEqual([
      { label: "person", spans: [{ start_ms: 500, end_ms: 6000 }, { start_ms: 8000, end_ms: 9000 }] },
      { label: "dog", spans: [{ start_ms: 0, end_ms: 1000 }] },
    ]);
    expect(lanes(detections, 1).map((lane) => lane.label)).toEqual(["person"]);
  });
});
