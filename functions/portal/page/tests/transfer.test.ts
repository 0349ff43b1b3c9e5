import { afterEach, expect, test, vi } from "vitest";
import { delayMs, partRange, passing, type Put, Transfer } from "../src/lib/transfer";

const MIB = 1 << 20;
const PLAN = {
  upload: "u",
  object: "u/clip.mp4",
  upload_id: "m",
  part_size: MIB,
  parts: [1, 2, 3, 4, 5, 6].map((number) => ({ number, url: `http://store/${number}` })),
};
const FILE = new File([new Uint8Array(5 * MIB + 100)], "clip.mp4");
const WANTED = { name: FILE.name, size_bytes: FILE.size };

/** The portal's answers; what it was asked stays in `asked`. */
function portal() {
  const asked: { path: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push({ path, body: init.body ? JSON.parse(String(init.body)) : null });
    const answer = path === "api/uploads" ? structuredClone(PLAN) : { parts: [{ number: 2, url: "http://store/2-again" }] };
    return Promise.resolve(Response.json(answer));
  });
  return asked;
}

const transfer = (put: Put, onProgress = (_: number) => {}) =>
  new Transfer(FILE, WANTED, put, onProgress, () => Promise.resolve());

afterEach(() => vi.unstubAllGlobals());

test("parts cover the file without gap or overlap", () => {
  const ranges = [1, 2, 3].map((number) => partRange(number, 10, 25));
  expect(ranges).toEqual([
    { start: 0, end: 10 },
    { start: 10, end: 20 },
    { start: 20, end: 25 },
  ]);
});

test("delays double up to a limit", () => {
  expect([1, 2, 3, 9].map(delayMs)).toEqual([500, 1000, 2000, 15_000]);
});

test("only what may pass is sent again", () => {
  expect([0, 429, 503].every(passing)).toBe(true);
  expect([400, 403, 404].some(passing)).toBe(false);
});

test("all parts are sent and named in order", async () => {
  const asked = portal();
  let sent = 0;
  const put: Put = ({ url, body }, onProgress) => {
    onProgress(body.size);
    return Promise.resolve({ status: 200, etag: `"${url.at(-1)}"` });
  };
  await expect(transfer(put, (bytes) => (sent = bytes)).run()).resolves.toBe("u");
  expect(sent).toBe(FILE.size);
  expect(asked.at(-1)).toEqual({
    path: "api/uploads/u/complete",
    body: { upload_id: "m", object: "u/clip.mp4", parts: [1, 2, 3, 4, 5, 6].map((number) => ({ number, etag: `"${number}"` })) },
  });
});

test("a part is sent again after a broken connection and after a 503", async () => {
  portal();
  const tries = new Map<string, number>();
  const put: Put = ({ url }) => {
    const count = (tries.get(url) ?? 0) + 1;
    tries.set(url, count);
    if (url.endsWith("3") && count === 1) return Promise.reject(new Error("broken"));
    return Promise.resolve({ status: url.endsWith("4") && count < 3 ? 503 : 200, etag: "x" });
  };
  await transfer(put).run();
  expect([tries.get("http://store/1"), tries.get("http://store/3"), tries.get("http://store/4")]).toEqual([1, 2, 3]);
});

test("an address that has expired is signed again", async () => {
  const asked = portal();
  const put: Put = ({ url }) => Promise.resolve({ status: url === "http://store/2" ? 403 : 200, etag: "x" });
  await transfer(put).run();
  expect(asked.find((request) => request.path.endsWith("/parts"))?.body).toMatchObject({ numbers: [2] });
});

test("a refusal ends the upload with a sentence", async () => {
  portal();
  await expect(transfer(() => Promise.resolve({ status: 400, etag: null })).run()).rejects.toThrow("status 400");
});

test("a store that hides its tags is named as the problem", async () => {
  portal();
  await expect(transfer(() => Promise.resolve({ status: 200, etag: null })).run()).rejects.toThrow("hides what it stored");
});

test("a pause keeps what was sent", async () => {
  portal();
  const urls: string[] = [];
  let paused = false;
  const put: Put = ({ url, signal }) =>
    new Promise((resolve, reject) => {
      urls.push(url);
      if (!paused && url.endsWith("5")) {
        signal.addEventListener("abort", () => reject(new DOMException("paused", "AbortError")));
        paused = true;
        setTimeout(() => upload.pause());
      } else resolve({ status: 200, etag: "x" });
    });
  const upload = transfer(put);
  await expect(upload.run()).rejects.toThrow("paused");
  await upload.run();
  expect(urls.filter((url) => url.endsWith("1"))).toHaveLength(1);
  expect(urls.filter((url) => url.endsWith("5"))).toHaveLength(2);
});
