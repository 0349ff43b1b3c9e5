// Captions as the page shows them: read from the WebVTT that the players get.

export interface Cue {
  /** Seconds from the title's beginning. */
  start: number;
  end: number;
  text: string;
}

/** Reads WebVTT as Reeldrop writes it: cues without settings or identifiers. */
export function parse(file: string): Cue[] {
  const cues: Cue[] = [];
  for (const block of file.replace(/\r/g, "").split("\n\n")) {
    const lines = block.split("\n").filter(Boolean);
    const at = lines.findIndex((line) => line.includes(" --> "));
    const [start, end] = (lines[at] ?? "").split(" --> ").map(seconds);
    if (start === undefined || end === undefined) continue;
    cues.push({ start, end, text: unescape(lines.slice(at + 1).join(" ")) });
  }
  return cues;
}

function seconds(time: string): number {
  return time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function unescape(text: string): string {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/** The cue that is being said at `time`, or was last; -1 before the first. */
export function current(cues: Cue[], time: number): number {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cues[middle]?.start ?? 0) <= time + 0.05) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A text cut into pieces, of which every second one is what was looked for. */
export function marked(text: string, words: string): string[] {
  const looked = words
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word.length > 1)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (looked.length === 0) return [text];
  return text.split(new RegExp(`(${looked.join("|")})`, "giu"));
}
