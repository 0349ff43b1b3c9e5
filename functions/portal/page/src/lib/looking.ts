import type { Analysis } from "./api";

/** What there is to say of looking at a title; nothing where all of it was looked at. */
export function lookingWords(analysis: Analysis): string | null {
  const before = analysis.boxes && analysis.state !== "completed" ? " What was seen before is shown." : "";
  switch (analysis.state) {
    case "planned":
      return `Looking at what is seen${analysis.mode === "realtime" ? ", in realtime" : ""}.${before}`;
    case "completed":
      if (analysis.dropped === 0) return null;
      return `Looked at in realtime: ${analysis.dropped} of ${analysis.dropped + analysis.pictures} pictures were left out.`;
    default:
      return `Detections: ${analysis.reason ?? analysis.state}${before}`;
  }
}
