// A title that is still being made is no broadcast, but DASH can only say it as one.

interface Element {
  attributes: Record<string, string>;
}

/** Says in a growing manifest how long the title will be, and that what it names is there already. */
export function foretell(mpd: Element, durationMs: number | null): void {
  const attributes = mpd.attributes;
  if (durationMs === null || attributes["type"] !== "dynamic") return;
  attributes["mediaPresentationDuration"] ??= `PT${durationMs / 1000}S`;
  const from = Date.parse(attributes["availabilityStartTime"] ?? "");
  if (!Number.isNaN(from)) attributes["availabilityStartTime"] = new Date(from - durationMs).toISOString();
  delete attributes["suggestedPresentationDelay"];
}
