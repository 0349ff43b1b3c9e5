// What is seen in a title, as the page shows it: lanes on a time line, boxes over the picture.

import type { Detection } from "./api";

/** One thing on a picture, in parts of the picture's width and height. */
export interface Box {
  detection: number;
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A picture that was looked at. */
export interface Picture {
  time_ms: number;
  boxes: Box[];
}

/** A rectangle in CSS pixels. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** When a kind of thing is seen. */
export interface Span {
  start_ms: number;
  end_ms: number;
}

export interface Lane {
  label: string;
  spans: Span[];
  /** Its things that have a still, the surest first. */
  best: Detection[];
}

/** Where a still lies: the address of its sheet, and its place there as CSS wants it. */
export interface Still {
  sheet: string;
  position: string;
}

/** Squares in a row of a sheet of stills, and rows on it. */
const [COLUMNS, ROWS] = [8, 8];

/** How large a sheet is where one still fills its element, in CSS. */
export const SHEET_SIZE = `${COLUMNS * 100}% ${ROWS * 100}%`;

/** Stills that are shown of one kind of thing. */
const MOST_STILLS = 8;

/** How long the boxes of a picture stay where it is not known what follows, milliseconds. */
const HOLD_MS = 750;

/** Boxes move with their thing between pictures that are this near to each other, milliseconds. */
const NEAR_MS = 1500;

/** Where a picture of that size lies in an element that shows all of it in the middle. */
export function fitted(element: { width: number; height: number }, picture: { width: number; height: number }): Rect {
  if (picture.width <= 0 || picture.height <= 0) return { left: 0, top: 0, width: 0, height: 0 };
  const scale = Math.min(element.width / picture.width, element.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { left: (element.width - width) / 2, top: (element.height - height) / 2, width, height };
}

/** The boxes at a time: between two pictures they are on their way from one to the other. */
export function boxesAt(pictures: Picture[], ms: number): Box[] {
  let [low, high] = [0, pictures.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pictures[middle]?.time_ms ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [pictures[low - 1], pictures[low]];
  if (!before) return [];
  const next = after && after.time_ms - before.time_ms <= NEAR_MS ? after : null;
  // Where frames are rare, a picture is shown until the next one.
  if (!next) return after || ms - before.time_ms <= HOLD_MS ? before.boxes : [];
  const part = (ms - before.time_ms) / (next.time_ms - before.time_ms);
  return before.boxes.map((box) => {
    const to = next.boxes.find((other) => other.detection === box.detection);
    if (!to) return box;
    const between = (a: number, b: number) => a + (b - a) * part;
    return {
      ...box,
      x: between(box.x, to.x),
      y: between(box.y, to.y),
      width: between(box.width, to.width),
      height: between(box.height, to.height),
    };
  });
}

/** The pictures of a stretch with those beside it: boxes go on where one ends and the next begins. */
export function around(stretches: Map<number, Picture[]>, number: number): Picture[] {
  return [number - 1, number, number + 1].flatMap((near) => stretches.get(near) ?? []);
}

/** Where the still of that number lies. */
export function stillAt(address: string, number: number): Still {
  const place = number % (COLUMNS * ROWS);
  const percent = (at: number, of: number) => `${(at / (of - 1)) * 100}%`;
  return {
    sheet: address.replace("{n}", String(Math.floor(number / (COLUMNS * ROWS)))),
    position: `${percent(place % COLUMNS, COLUMNS)} ${percent(Math.floor(place / COLUMNS), ROWS)}`,
  };
}

/** Kinds of things with the times at which they are seen, those seen longest first. */
export function lanes(detections: Detection[], most: number): Lane[] {
  const found = new Map<string, Span[]>();
  for (const { label, start_ms, end_ms } of [...detections].sort((a, b) => a.start_ms - b.start_ms)) {
    const spans = found.get(label) ?? [];
    const last = spans.at(-1);
    if (last && start_ms <= last.end_ms) last.end_ms = Math.max(last.end_ms, end_ms);
    else spans.push({ start_ms, end_ms });
    found.set(label, spans);
  }
  const length = (lane: Lane) => lane.spans.reduce((sum, span) => sum + span.end_ms - span.start_ms, 0);
  const best = (label: string) => {
    const all = detections.filter((detection) => detection.label === label && detection.still != null);
    return all.sort((a, b) => b.score - a.score || a.number - b.number).slice(0, MOST_STILLS);
  };
  const all = [...found].map(([label, spans]) => ({ label, spans, best: best(label) }));
  return all.sort((a, b) => length(b) - length(a) || a.label.localeCompare(b.label)).slice(0, most);
}
