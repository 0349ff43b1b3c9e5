// One title, kept fresh by server-sent events.

import { api, ApiError, type TitleDetail } from "./api";
import { listen } from "./live";

export class Watched {
  title = $state.raw<TitleDetail | null>(null);
  problem = $state<string | null>(null);
  gone = $state(false);

  constructor(private readonly asset: string) {}

  /** Loads and listens until the returned function is called. */
  follow(): () => void {
    void this.load();
    return listen<TitleDetail>(api.eventsOf(this.asset), {
      changed: (title) => {
        this.title = title;
        this.gone = false;
      },
      deleted: () => (this.gone = true),
      lost: () => void this.load(),
    });
  }

  private async load(): Promise<void> {
    try {
      this.title = await api.show(this.asset);
      this.problem = null;
    } catch (error) {
      this.gone = error instanceof ApiError && error.status === 404;
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
