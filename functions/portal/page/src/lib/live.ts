// Server-sent events of the portal.

import type { Title } from "./api";

const AGAIN_MS = 3000;

export interface Listener<T extends Title> {
  /** The stream stands, for the first time or again: what was missed must be asked for. */
  opened?: () => void;
  changed: (title: T) => void;
  deleted: (asset: string) => void;
  lost?: () => void;
}

/** Listens until the returned function is called. */
export function listen<T extends Title>(address: string, listener: Listener<T>): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(address);
    source.onopen = () => listener.opened?.();
    source.addEventListener("asset", (event) => listener.changed(JSON.parse(event.data) as T));
    source.addEventListener("deleted", (event) => listener.deleted((JSON.parse(event.data) as { asset: string }).asset));
    source.addEventListener("missed", () => listener.opened?.());
    source.onerror = () => {
      listener.lost?.();
      // The browser tries again by itself, but for answers that are no stream.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(connect, AGAIN_MS);
    };
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
