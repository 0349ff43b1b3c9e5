// Sends one file: a single PUT, or parts in parallel that are sent again when they fail,
// and that a pause does not lose.

import { api, ApiError, type Part, type UploadPlan, type UploadRequest } from "./api";

const PARALLEL_PARTS = 4;
const ATTEMPTS = 6;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export interface Sent {
  status: number;
  etag: string | null;
}

/** Puts one body; rejects when the network fails or the signal aborts. */
export type Put = (
  request: { url: string; headers: Record<string, string>; body: Blob; signal: AbortSignal },
  onProgress: (sentBytes: number) => void,
) => Promise<Sent>;

export interface Range {
  start: number;
  end: number;
}

/** The bytes of part `number` (from 1) of a file. */
export function partRange(number: number, partSize: number, size: number): Range {
  const start = (number - 1) * partSize;
  return { start, end: Math.min(size, start + partSize) };
}

/** How long to wait before the attempt after `failed` ones. */
export function delayMs(failed: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failed - 1));
}

/** Whether sending again can help: not when the store says that the request is wrong. */
export function passing(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

/** The part's tag, without which an upload cannot be completed. */
function tag(sent: Sent): string {
  if (sent.etag !== null) return sent.etag;
  throw new ApiError(0, "The store hides what it stored.", "Its CORS rules must expose the ETag header.");
}

/** Signed addresses end: a store refuses an old one with 403. */
const expired = (status: number) => status === 403;

export class Transfer {
  private plan: UploadPlan | null = null;
  private done = new Map<number, string>();
  private moving = new Map<number, number>();
  private running: AbortController | null = null;

  constructor(
    readonly file: File,
    private readonly wanted: UploadRequest,
    private readonly put: Put,
    private readonly onProgress: (sentBytes: number) => void,
    private readonly wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  ) {}

  /** Sends what is not yet sent; ends with the upload's id. Call again after a pause or a failure. */
  async run(): Promise<string> {
    const running = new AbortController();
    this.running = running;
    try {
      this.plan ??= await api.startUpload(this.wanted, running.signal);
      if ("upload_id" in this.plan) await this.sendParts(this.plan, running);
      else await this.sendWhole(this.plan, running.signal);
      return this.plan.upload;
    } finally {
      running.abort();
      this.moving.clear();
    }
  }

  /** Stops; what is sent of a multipart upload stays. */
  pause(): void {
    this.running?.abort();
  }

  /** Stops for good and frees what was stored. */
  async abandon(): Promise<void> {
    this.pause();
    if (this.plan && "upload_id" in this.plan) {
      const { upload, upload_id, object } = this.plan;
      await api.abandonUpload(upload, { upload_id, object });
    }
  }

  /** Whether a pause keeps what was sent. */
  get resumable(): boolean {
    return this.plan !== null && "upload_id" in this.plan;
  }

  private async sendWhole(plan: Extract<UploadPlan, { url: string }>, signal: AbortSignal): Promise<void> {
    await this.patiently(signal, async () => {
      const sent = await this.put({ url: plan.url, headers: plan.headers, body: this.file, signal }, this.onProgress);
      return this.accepted(sent);
    });
  }

  private async sendParts(plan: Extract<UploadPlan, { parts: Part[] }>, running: AbortController): Promise<void> {
    const queue = plan.parts.filter((part) => !this.done.has(part.number));
    const worker = async () => {
      for (let part = queue.shift(); part; part = queue.shift()) await this.sendPart(plan, part, running.signal);
    };
    try {
      await Promise.all(Array.from({ length: PARALLEL_PARTS }, worker));
    } catch (error) {
      running.abort();
      throw error;
    }
    const parts = [...this.done].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number);
    const { upload, upload_id, object } = plan;
    await api.completeUpload(upload, { upload_id, object, parts }, running.signal);
  }

  private async sendPart(
    plan: Extract<UploadPlan, { parts: Part[] }>,
    part: Part,
    signal: AbortSignal,
  ): Promise<void> {
    const { start, end } = partRange(part.number, plan.part_size, this.file.size);
    const body = this.file.slice(start, end);
    const etag = await this.patiently(signal, async () => {
      const sent = await this.put({ url: part.url, headers: {}, body, signal }, (bytes) => this.moved(part.number, bytes));
      if (expired(sent.status)) {
        await this.signAgain(plan, part, signal);
        return null;
      }
      return this.accepted(sent) ? tag(sent) : null;
    });
    this.moving.delete(part.number);
    this.done.set(part.number, etag);
    this.report(plan.part_size);
  }

  private async signAgain(plan: Extract<UploadPlan, { parts: Part[] }>, part: Part, signal: AbortSignal): Promise<void> {
    const { upload, upload_id, object } = plan;
    const answer = await api.signParts(upload, { upload_id, object, numbers: [part.number] }, signal);
    part.url = answer.parts[0]?.url ?? part.url;
  }

  private accepted(sent: Sent): Sent | null {
    if (sent.status >= 200 && sent.status < 300) return sent;
    if (passing(sent.status)) return null;
    throw new ApiError(sent.status, `The store refused the file (status ${sent.status}).`, "Start the upload again.");
  }

  private async patiently<T>(signal: AbortSignal, attempt: () => Promise<T | null>): Promise<T> {
    for (let failed = 1; ; failed += 1) {
      const result = await attempt().catch((error: unknown) => {
        if (signal.aborted || error instanceof ApiError) throw error;
        return null;
      });
      if (result !== null) return result;
      if (failed === ATTEMPTS) {
        throw new ApiError(0, "The connection to the store keeps breaking.", "Check the network, then resume.");
      }
      await this.wait(delayMs(failed));
      if (signal.aborted) throw new DOMException("paused", "AbortError");
    }
  }

  private moved(number: number, bytes: number): void {
    this.moving.set(number, bytes);
    if (this.plan && "part_size" in this.plan) this.report(this.plan.part_size);
  }

  private report(partSize: number): void {
    let sent = 0;
    for (const number of this.done.keys()) {
      const { start, end } = partRange(number, partSize, this.file.size);
      sent += end - start;
    }
    for (const bytes of this.moving.values()) sent += bytes;
    this.onProgress(sent);
  }
}
