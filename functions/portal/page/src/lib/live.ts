// Server-sent events of the portal.

import type { Title } from "./api";

const AGAIN_MS = 3000;

export interface Listener {
  /** The stream stands, for the first time or again: what was missed must be asked for. */
  opened?: () => void;
  changed: (title: Title) => void;
  deleted: (asset: string) => void;
  lost?: () => void;
}

/** Listens until the returned function is called. */
export function listen(address: string, listener: Listener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(address);
    source.onopen = () => listener.opened?.();
    source.addEventListener("asset", (event) => listener.changed(JSON.parse(event.data) as Title));
    source.addEventListener("deleted", (event) => listener.deleted((JSON.parse(event.data) as { asset: string }).asset));
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
