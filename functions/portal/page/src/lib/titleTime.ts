// The player's clock: a title that is still being made is no broadcast, so it never says "Live".

import shaka from "shaka-player/dist/shaka-player.ui-es2021.js";
import { clock } from "./format";

export const TIME = "title_time";

/** Shows the time and the whole title's duration, also while it grows. */
class TitleTime extends shaka.ui.Element {
  constructor(parent: HTMLElement, controls: shaka.ui.Controls, durationMs: () => number | null) {
    super(parent, controls);
    const label = document.createElement("span");
    label.className = "title-time numbers";
    parent.append(label);
    this.eventManager?.listen(controls, "timeandseekrangeupdated", () => {
      const end = (this.player?.seekRange().end ?? 0) * 1000;
      const total = Math.max(durationMs() ?? 0, end);
      const now = Math.min(total, controls.getDisplayTime() * 1000);
      // Whole seconds that have passed, as clocks count.
      label.textContent = `${clock(Math.floor(now / 1000) * 1000)} / ${clock(total)}`;
    });
  }
}

/** Makes the element known under [`TIME`], for players that are made from now on. */
export function registerTime(durationMs: () => number | null): void {
  shaka.ui.Controls.registerElement(TIME, {
    create: (parent: HTMLElement, controls: shaka.ui.Controls) => new TitleTime(parent, controls, durationMs),
  });
}
