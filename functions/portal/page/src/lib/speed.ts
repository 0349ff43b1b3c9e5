// How fast an upload goes, smoothed over the last few seconds.

const WINDOW_MS = 6000;

export class Speed {
  private samples: { at: number; bytes: number }[] = [];

  /** Notes that `bytes` in total were sent at the time `at` (milliseconds). */
  add(at: number, bytes: number): void {
    const last = this.samples.at(-1);
    // A part that is sent again takes bytes back: measure anew.
    if (last && bytes < last.bytes) this.samples = [];
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > WINDOW_MS) this.samples.shift();
  }

  reset(): void {
    this.samples = [];
  }

  /** Bytes per second, or nothing while it is too early to say. */
  rate(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at - first.at < 500) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }

  /** Seconds until `total` bytes are sent, or nothing while it is too early to say. */
  remaining(total: number): number | null {
    const rate = this.rate();
    const sent = this.samples.at(-1)?.bytes ?? 0;
    return rate && rate > 0 ? (total - sent) / rate : null;
  }
}
