import { describe, expect, it } from "vitest";
import type { Detection } from "../src/lib/api";
import { around, boxesAt, fitted, lanes, stillAt, type Picture } from "../src/lib/seen";

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

  it("stay where frames are rare, until the next picture", () => {
    const rare = [{ time_ms: 0, boxes: [box(0, 0.25)] }, { time_ms: 4000, boxes: [] }];
    expect(boxesAt(rare, 3900).map(({ x }) => x)).toEqual([0.25]);
    expect(boxesAt(rare, 4000)).toEqual([]);
  });

  it("go on from one stretch to the next", () => {
    const last = { time_ms: 59_500, boxes: [box(0, 0)] };
    const first = { time_ms: 60_020, boxes: [box(0, 0.5)] };
    const stretches = new Map([[0, [last]], [1, [first]], [3, PICTURES]]);
    for (const number of [0, 1]) {
      expect(around(stretches, number)).toEqual([last, first]);
      // Just after the edge, and before the stretch's own first picture.
      expect(boxesAt(around(stretches, number), 60_010)[0]?.x).toBeCloseTo(0.49, 2);
    }
    expect(around(stretches, 5)).toEqual([]);
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
      { label: "person", spans: [{ start_ms: 500, end_ms: 6000 }, { start_ms: 8000, end_ms: 9000 }], best: [] },
      { label: "dog", spans: [{ start_ms: 0, end_ms: 1000 }], best: [] },
    ]);
    expect(lanes(detections, 1).map((lane) => lane.label)).toEqual(["person"]);
  });

  it("show the surest of their things that have a still, and where it lies", () => {
    const thing = (number: number, score: number, still: number | null) => ({ ...seen("dog", 0, 1000), number, score, still });
    const [lane] = lanes([thing(0, 0.5, 2), thing(1, 0.9, 0), thing(2, 0.95, null)], 5);
    expect(lane?.best.map(({ number }) => number)).toEqual([1, 0]);
    expect(stillAt("best-{n}.jpg", 0)).toEqual({ sheet: "best-0.jpg", position: "0% 0%" });
    expect(stillAt("best-{n}.jpg", 64 + 63)).toEqual({ sheet: "best-1.jpg", position: "100% 100%" });
  });
});
