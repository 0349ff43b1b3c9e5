// Plays files whose tracks change their key, without any player, and prints what was seen, one JSON object
// a line.
// usage: node periods.mjs CHROMIUM FOLDER '[{"file", "kind", "codec", "scheme", "keys": [[kid, key]…]}, …]'
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { FLAGS } from "./seen.mjs";

const [executablePath, folder, asked] = process.argv.slice(2);
const server = createServer(async (request, response) => {
  const isMedia = request.url.endsWith(".mp4");
  response.setHeader("content-type", isMedia ? "video/mp4" : "text/html");
  response.end(isMedia ? await readFile(join(folder, request.url)) : "<!doctype html><title>keys</title><video></video>");
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `http://127.0.0.1:${server.address().port}/`;

/** In the page: gives each key when it is asked for, plays to the end or an error. */
async function watch({ file, kind, codec, scheme, keys }) {
  const video = document.querySelector("video");
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = new Map(keys.map(([kid, key]) => [base64(kid), { kid, jwk: { kty: "oct", kid: base64(kid), k: base64(key) } }]));
  const asked = [];
  const contentType = `${kind}/mp4; codecs="${codec}"`;
  const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", [
    { initDataTypes: ["cenc"], [`${kind}Capabilities`]: [{ contentType, encryptionScheme: scheme }] },
  ]);
  const mediaKeys = await access.createMediaKeys();
  await video.setMediaKeys(mediaKeys);
  video.addEventListener("encrypted", async (event) => {
    const session = mediaKeys.createSession();
    session.addEventListener("message", async ({ message }) => {
      const { kids } = JSON.parse(new TextDecoder().decode(message));
      const found = kids.map((kid) => known.get(kid));
      for (const { kid } of found) if (!asked.some((other) => String(other) === String(kid))) asked.push(kid);
      await session.update(new TextEncoder().encode(JSON.stringify({ keys: found.map(({ jwk }) => jwk) })));
    });
    await session.generateRequest(event.initDataType, event.initData);
  });
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((open) => source.addEventListener("sourceopen", open, { once: true }));
  const buffer = source.addSourceBuffer(contentType);
  buffer.appendBuffer(await (await fetch(file)).arrayBuffer());
  await new Promise((end) => buffer.addEventListener("updateend", end, { once: true }));
  source.endOfStream();
  video.playbackRate = 4;
  video.play().catch(() => {});
  const end = Date.now() + 30000;
  while (!video.ended && !video.error && Date.now() < end) await new Promise((later) => setTimeout(later, 50));
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  return { time: video.currentTime, ended: video.ended, frames, error: video.error?.message ?? null, asked };
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
for (const session of JSON.parse(asked)) {
  const page = await browser.newPage();
  await page.goto(origin);
  const seen = await page.evaluate(watch, session).catch((error) => ({ error: String(error) }));
  console.log(JSON.stringify({ ...session, seen }));
  await page.close();
}
await browser.close();
server.close();
