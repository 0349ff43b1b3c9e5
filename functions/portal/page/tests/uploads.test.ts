import { expect, test, vi } from "vitest";
import { uploads } from "../src/lib/uploads.svelte";

vi.mock("../src/lib/put", () => ({ put: () => Promise.resolve({ status: 200, etag: "x" }) }));

const PROTECTION = { key: "", kid: "", scheme: "cbcs" } as const;

test("each of several files is uploaded once, and two at a time", async () => {
  const started: string[] = [];
  const waiting: (() => void)[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (init.method === "GET") return Response.json({ upload: "u", asset: "a", state: "received" });
    started.push((JSON.parse(String(init.body)) as { name: string }).name);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return Response.json({ upload: path, object: "o", method: "PUT", url: "http://store/o", headers: {} });
  });
  uploads.add([1, 2, 3].map((number) => new File(["x"], `${number}.mp4`)), PROTECTION);
  expect(started).toEqual(["1.mp4", "2.mp4"]);
  expect(uploads.busy).toBe(true);

  while (uploads.items.length > 0) {
    waiting.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(started).toEqual(["1.mp4", "2.mp4", "3.mp4"]);
  expect(uploads.busy).toBe(false);
  expect(uploads.said).toContain("is uploaded");
});
