// The portal's API, as the page uses it. Addresses are relative to the page's base.

export type State = "received" | "rejected" | "processing" | "playable" | "ready" | "failed";
export type Scheme = "cbcs" | "cenc" | "none";

export interface Step {
  step: string;
  label: string;
  done: number;
  total: number;
}

export interface Package {
  package: number;
  number: number;
  kid: string | null;
  /** Nothing while the plan is not known. */
  scheme: Scheme | null;
  state: "waiting" | "processing" | "playable" | "ready" | "failed";
}

export interface Rendition {
  name: string;
  kind: "video" | "audio";
  codec: string;
  width: number | null;
  height: number | null;
}

export interface Title {
  asset: string;
  /** Counts up: the higher, the newer. */
  number: number;
  file: string;
  state: State;
  reason: string | null;
  failed_step: string | null;
  duration_ms: number | null;
  width: number | null;
  height: number | null;
  size_bytes: number | null;
  created: string;
  first_playable_ms: number | null;
  ready_ms: number | null;
  hls: string | null;
  dash: string | null;
  watch: string;
  poster: string | null;
  storyboard: string | null;
  preview: string | null;
  progress: { percent: number; eta_ms: number | null; steps: Step[] };
}

export interface Captions {
  language: string;
  label: string;
  origin: "speech" | "source" | "import";
  kind: "full" | "sdh" | "forced";
  default: boolean;
  vtt: string;
  srt: string;
}

/** Whether somebody has listened to a title. */
export interface Transcript {
  state: "planned" | "completed" | "skipped" | "failed";
  reason: string | null;
}

/** Whether somebody has looked at a title. */
export interface Analysis {
  /** Of what was asked for last; what was seen before is there until that is completed. */
  state: "planned" | "completed" | "skipped" | "failed";
  mode: "batch" | "realtime";
  /** The model that was asked for by its name. */
  objects: string | null;
  reason: string | null;
  /** Address of the boxes of a stretch, where `{n}` is its number. */
  boxes: string | null;
  /** Address of a sheet of stills, where `{n}` is its number. */
  stills: string | null;
  stretch_ms: number | null;
  stretches: number | null;
  /** How thoroughly what is seen was looked for. */
  seen_mode: "batch" | "realtime" | null;
  pictures: number;
  /** Pictures that were left out. */
  dropped: number;
}

/** One thing that is seen from a time to another. */
export interface Detection {
  number: number;
  /** A thing in the picture, or what the whole of it shows. */
  kind: "thing" | "scene";
  label: string;
  score: number;
  /** When its best picture is shown. */
  best_ms: number;
  /** Number of its still on the title's sheets. */
  still: number | null;
  start_ms: number;
  end_ms: number;
}

export interface Seen {
  analysis: Analysis | null;
  detections: Detection[];
  next: number | null;
}

export interface Named {
  asset: string;
  file: string;
  poster: string | null;
}

export interface Moment extends Named {
  language: string;
  start_ms: number;
  text: string;
}

export interface Sighting extends Named {
  kind: Detection["kind"];
  label: string;
  start_ms: number;
  end_ms: number;
}

/** A moment that looks like the words. */
export interface Alike extends Named {
  start_ms: number;
  end_ms: number;
  best_ms: number;
}

export interface Found {
  titles: Named[];
  moments: Moment[];
  sightings: Sighting[];
  alike: Alike[];
}

export interface TitleDetail extends Title {
  captions: Captions[];
  transcript: Transcript | null;
  analysis: Analysis | null;
  packages: Package[];
  renditions: Rendition[];
  dead_letters: { step: string; type: string; reason: string }[];
}

export interface TitleList {
  assets: Title[];
  next: string | null;
}

export interface UploadRequest {
  name: string;
  size_bytes: number;
  content_type?: string;
  key?: string;
  kid?: string;
  scheme?: Scheme;
}

export interface Part {
  number: number;
  url: string;
}

export type UploadPlan =
  | { upload: string; object: string; method: string; url: string; headers: Record<string, string> }
  | { upload: string; object: string; upload_id: string; part_size: number; parts: Part[] };

/** A refusal by the portal: what happened, and what to do next, as the portal words it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly next: string | null,
  ) {
    super(message);
  }
}

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "Reeldrop cannot be reached.", "Check the connection, then try again.");
  }
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { error?: string; next?: string };
  const message = body.error ?? `Reeldrop answered with status ${response.status}.`;
  return new ApiError(response.status, message, body.next ?? null);
}

const title = (asset: string) => `api/assets/${encodeURIComponent(asset)}`;
const upload = (id: string) => `api/uploads/${encodeURIComponent(id)}`;

export const api = {
  list: (cursor?: string | null) =>
    request<TitleList>("GET", cursor ? `api/assets?limit=30&cursor=${encodeURIComponent(cursor)}` : "api/assets?limit=30"),
  search: (words: string, signal?: AbortSignal) =>
    request<Found>("GET", `api/search?q=${encodeURIComponent(words)}`, undefined, signal),
  show: (asset: string) => request<TitleDetail>("GET", title(asset)),
  /** All of them, page by page. */
  detections: async (asset: string) => {
    const all: Detection[] = [];
    for (let from: number | null | undefined = 0; from != null; ) {
      const seen: Seen = await request<Seen>("GET", `${title(asset)}/detections?limit=1000&from=${from}`);
      all.push(...seen.detections);
      from = seen.next;
    }
    return all;
  },
  analyze: (asset: string, mode: Analysis["mode"], objects: string | null) =>
    request<unknown>("POST", `${title(asset)}/analysis`, { mode, objects }),
  retry: (asset: string) => request<unknown>("POST", `${title(asset)}/retry`),
  remove: (asset: string) => request<unknown>("DELETE", title(asset)),
  startUpload: (wanted: UploadRequest, signal?: AbortSignal) =>
    request<UploadPlan>("POST", "api/uploads", wanted, signal),
  signParts: (id: string, wanted: { upload_id: string; object: string; numbers: number[] }, signal?: AbortSignal) =>
    request<{ parts: Part[] }>("POST", `${upload(id)}/parts`, wanted, signal),
  completeUpload: (
    id: string,
    done: { upload_id: string; object: string; parts: { number: number; etag: string }[] },
    signal?: AbortSignal,
  ) => request<unknown>("POST", `${upload(id)}/complete`, done, signal),
  uploadState: (id: string) => request<{ upload: string; asset: string | null; state: string }>("GET", upload(id)),
  abandonUpload: (id: string, started: { upload_id: string; object: string }) =>
    request<unknown>("POST", `${upload(id)}/abort`, started),
  source: (asset: string) => `${title(asset)}/source`,
  eventsOf: (asset: string) => `${title(asset)}/events`,
  events: "api/events",
};
