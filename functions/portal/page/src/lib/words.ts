// States and packages in a person's words.

import type { State, Title } from "./api";

export const STATES: Record<State, string> = {
  received: "Received",
  processing: "Processing",
  playable: "Playable",
  ready: "Ready",
  failed: "Failed",
  rejected: "Not usable",
};

/** Whether there is something to play. */
export const plays = (title: Title) => (title.dash ?? title.hls) !== null && title.state !== "rejected";

/** Whether work is under way. */
export const moving = (title: Title) =>
  title.state === "received" || title.state === "processing" || title.state === "playable";

/** The step at work: the first that is not done. */
export function currentStep(title: Title): string {
  const step = title.progress.steps.find((candidate) => candidate.total > 0 && candidate.done < candidate.total);
  if (!step) return title.state === "received" ? "Looking at the file" : "Finishing";
  return step.label;
}

export const SCHEMES = { cbcs: "Encrypted (cbcs)", cenc: "Encrypted (cenc)", none: "Not encrypted" } as const;
