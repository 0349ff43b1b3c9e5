// The files being uploaded from this page.

import { api, ApiError, type Scheme } from "./api";
import { put } from "./put";
import { Speed } from "./speed";
import { Transfer } from "./transfer";

const PARALLEL_FILES = 2;
const ASK_MS = 1000;

export type Phase = "waiting" | "sending" | "paused" | "failed" | "arriving" | "done";

export interface Protection {
  key: string;
  kid: string;
  scheme: Scheme;
}

export class Upload {
  phase = $state<Phase>("waiting");
  sent = $state(0);
  rate = $state<number | null>(null);
  remaining = $state<number | null>(null);
  reason = $state<string | null>(null);
  resumable = $state(false);
  readonly number: number;
  readonly file: File;
  private readonly speed = new Speed();
  private readonly transfer: Transfer;
  private readonly changed: () => void;

  constructor(number: number, file: File, protection: Protection, changed: () => void) {
    this.number = number;
    this.file = file;
    this.changed = changed;
    const wanted = {
      name: file.name,
      size_bytes: file.size,
      scheme: protection.scheme,
      ...(file.type ? { content_type: file.type } : {}),
      ...(protection.key ? { key: protection.key, kid: protection.kid } : {}),
    };
    this.transfer = new Transfer(file, wanted, put, (bytes) => this.progressed(bytes));
  }

  async start(): Promise<void> {
    this.phase = "sending";
    this.reason = null;
    this.speed.reset();
    try {
      const id = await this.transfer.run();
      this.enter("arriving");
      await arrival(id);
      this.enter("done");
    } catch (error) {
      this.stopped(error);
    }
  }

  pause(): void {
    this.transfer.pause();
  }

  async abandon(): Promise<void> {
    // What stays behind is removed by the bucket's life cycle.
    await this.transfer.abandon().catch(() => undefined);
  }

  private progressed(bytes: number): void {
    this.sent = bytes;
    this.resumable = this.transfer.resumable;
    this.speed.add(performance.now(), bytes);
    this.rate = this.speed.rate();
    this.remaining = this.speed.remaining(this.file.size);
  }

  private stopped(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") {
      this.enter("paused");
      return;
    }
    this.reason =
      error instanceof ApiError ? [error.message, error.next].filter(Boolean).join(" ") : "The upload broke. Try again.";
    this.enter("failed");
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }
}

/** Waits until the uploaded file is a title. */
async function arrival(id: string): Promise<void> {
  for (;;) {
    const state = await api.uploadState(id).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 0) return null;
      throw error;
    });
    if (state?.asset) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

class Uploads {
  items = $state<Upload[]>([]);
  /** Said to screen readers. */
  said = $state("");
  private count = 0;

  add(files: Iterable<File>, protection: Protection): void {
    const added = [...files].map((file) => new Upload((this.count += 1), file, protection, () => this.advance()));
    this.items.push(...added);
    this.said = added.length === 1 ? `Uploading ${added[0]?.file.name}` : `Uploading ${added.length} files`;
    this.advance();
  }

  async remove(upload: Upload): Promise<void> {
    this.items = this.items.filter((item) => item !== upload);
    await upload.abandon();
    this.advance();
  }

  /** Whether leaving the page would lose something. */
  get busy(): boolean {
    return this.items.some((item) => item.phase === "sending" || item.phase === "waiting" || item.phase === "paused");
  }

  private advance(): void {
    for (const done of this.items.filter((item) => item.phase === "done")) this.said = `${done.file.name} is uploaded`;
    this.items = this.items.filter((item) => item.phase !== "done");
    for (let next = this.startable(); next; next = this.startable()) void next.start();
  }

  private startable(): Upload | undefined {
    const sending = this.items.filter((item) => item.phase === "sending").length;
    return sending < PARALLEL_FILES ? this.items.find((item) => item.phase === "waiting") : undefined;
  }
}

export const uploads = new Uploads();
