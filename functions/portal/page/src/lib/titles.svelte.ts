// The list of titles, kept fresh by server-sent events.

import { api, ApiError, type Title } from "./api";
import { listen } from "./live";

class Titles {
  items = $state<Title[]>([]);
  next = $state<string | null>(null);
  loaded = $state(false);
  problem = $state<string | null>(null);

  /** Loads and listens until the returned function is called. */
  follow(): () => void {
    return listen<Title>(api.events, {
      opened: () => void this.refresh(),
      changed: (title) => this.put(title),
      deleted: (asset) => this.drop(asset),
      lost: () => void this.refresh(),
    });
  }

  async more(): Promise<void> {
    await this.load(this.next);
  }

  async retry(asset: string): Promise<void> {
    await this.attempt(() => api.retry(asset));
  }

  drop(asset: string): void {
    this.items = this.items.filter((item) => item.asset !== asset);
  }

  private async refresh(): Promise<void> {
    await this.load(null);
  }

  private async load(cursor: string | null): Promise<void> {
    await this.attempt(async () => {
      const page = await api.list(cursor);
      for (const title of page.assets) this.put(title);
      // What lies beyond the first page stays as it was loaded.
      if (cursor !== null || !this.loaded) this.next = page.next;
      this.loaded = true;
    });
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof ApiError ? [error.message, error.next].filter(Boolean).join(" ") : String(error);
    }
  }

  private put(title: Title): void {
    const at = this.items.findIndex((item) => item.asset === title.asset);
    if (at >= 0) this.items[at] = title;
    else this.items = [...this.items, title].sort((a, b) => b.number - a.number);
  }
}

export const titles = new Titles();
