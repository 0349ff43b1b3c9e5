// Plays titles in players that others wrote, each in its own page, and prints what was seen, one
// JSON object a line.
// usage: node players.mjs CHROMIUM '[{"player": "dash.js", "address": "…", "key": "wrong"}, …]'
//
// `key`: "right" plays to the end with a seek, other pictures and other sound; "wrong" answers with
// another key, and "none" takes the token away: both have to end in an error. "captions" is the right
// key, too: `looks` says what is to be shown then, as [track's label, second, text]. "growing" is a title
// whose rest is held back until all sessions play: each says so in a line, "playing". It has `length` seconds.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { FLAGS, observe, shades } from "./seen.mjs";

const [executablePath, sessions] = process.argv.slice(2);
const SCRIPTS = {
  "/dash.js": "dashjs/dist/modern/umd/dash.all.min.js",
  "/hls.js": "hls.js/dist/hls.min.js",
  "/shaka.js": "shaka-player/dist/shaka-player.compiled.js",
};
const PAGE = `<!doctype html><title>player</title><video width="640" height="360"></video>
<script src="/dash.js"></script><script src="/hls.js"></script><script src="/shaka.js"></script>`;
const LIMIT = { timeout: 30000 };

/** How each player is started, and asked for what a viewer asks for. Nothing is set per title. */
const PLAYERS = {
  "dash.js": (address) => {
    const video = document.querySelector("video");
    const player = dashjs.MediaPlayer().create();
    player.on("error", (event) => { window.failure ??= event.error?.message ?? "error"; });
    // Its list of captions is ready, and in the order of their numbers, only when it says so.
    let texts = [];
    player.on(dashjs.MediaPlayer.events.TEXT_TRACKS_ADDED, ({ tracks }) => { texts = tracks; });
    player.initialize(video, address, false);
    window.captions = {
      labels: () => texts.map((track) => track.labels[0]?.text ?? track.lang),
      choose: (at) => { player.enableText(true); player.setTextTrack(at); },
    };
    window.choices = {
      pictures: () => player.getRepresentationsByType("video").length,
      picture: () => {
        player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: false } } } });
        const now = player.getCurrentRepresentationForType("video");
        const all = player.getRepresentationsByType("video");
        const other = all.find((found) => found.height !== now.height);
        player.setRepresentationForTypeById("video", other.id, true);
        return other.height;
      },
      sounds: () => player.getTracksFor("audio").length,
      sound: () => {
        const now = player.getCurrentTrackFor("audio");
        const other = player.getTracksFor("audio").find((found) => found.id !== now.id);
        player.setCurrentTrack(other);
        return String(other.id);
      },
      soundNow: () => String(player.getCurrentTrackFor("audio").id),
    };
  },
  "hls.js": (address) => {
    const video = document.querySelector("video");
    // The licence address is in the playlist, and hls.js does not look there: one line for all titles.
    const hls = new Hls({ emeEnabled: true, drmSystems: { "org.w3.clearkey": { licenseUrl: "unused" } }, licenseXhrSetup: (xhr, _, key) => xhr.open("POST", key.decryptdata.uri) });
    hls.on(Hls.Events.ERROR, (_, error) => { if (error.fatal) window.failure ??= error.details; });
    hls.loadSource(address);
    hls.attachMedia(video);
    window.captions = {
      labels: () => hls.subtitleTracks.map((track) => track.name),
      choose: (at) => { hls.subtitleDisplay = true; hls.subtitleTrack = at; },
    };
    window.choices = {
      pictures: () => hls.levels.length,
      picture: () => {
        const other = hls.levels.findIndex((level) => level.height !== video.videoHeight);
        hls.currentLevel = other;
        return hls.levels[other].height;
      },
      sounds: () => hls.audioTracks.length,
      sound: () => {
        hls.audioTrack = hls.audioTrack === 0 ? 1 : 0;
        return String(hls.audioTrack);
      },
      soundNow: () => String(hls.audioTrack),
    };
  },
  shaka: async (address) => {
    const video = document.querySelector("video");
    const player = new shaka.Player();
    await player.attach(video);
    const failed = (error) => { window.failure ??= `${error.code} ${error.message ?? ""}`; };
    player.addEventListener("error", (event) => failed(event.detail));
    const now = () => player.getVariantTracks().find((track) => track.active);
    window.captions = {
      labels: () => player.getTextTracks().map((track) => track.label),
      choose: (at) => player.selectTextTrack(player.getTextTracks()[at]),
    };
    window.choices = {
      pictures: () => new Set(player.getVariantTracks().map((track) => track.height)).size,
      picture: () => {
        player.configure({ abr: { enabled: false } });
        const { height, audioId, language, label } = now();
        const others = player.getVariantTracks().filter((track) => track.height !== height && track.language === language);
        const other = others.find((track) => track.audioId === audioId || track.label === label) ?? others[0];
        player.selectVariantTrack(other, true);
        return other.height;
      },
      sounds: () => player.getAudioTracks().length,
      sound: () => {
        const other = player.getAudioTracks().find((track) => !track.active);
        player.selectAudioTrack(other);
        return JSON.stringify([other.language, other.label]);
      },
      soundNow: () => {
        const track = player.getAudioTracks().find((found) => found.active);
        return JSON.stringify([track.language, track.label]);
      },
    };
    try {
      await player.load(address);
    } catch (error) {
      failed(error);
    }
  },
};

/** Plays from the start, after a seek, with other pictures, with other sound, to the end. */
async function watch(page) {
  const until = (condition, argument) => page.waitForFunction(condition, argument, LIMIT);
  const playing = (after) =>
    until((after) => window.failure || document.querySelector("video").currentTime > after + 0.4, after);
  // On a busy machine the end is reached before the next step, and an element that has ended stays
  // where it is sought to until it is told to play.
  const seek = (to) => page.evaluate((to) => {
    const video = document.querySelector("video");
    video.currentTime = to;
    video.play().catch(() => {});
  }, to);
  // A player that changes its buffer is left alone until it plays again.
  const goesOn = async () => {
    const { time } = await page.evaluate(observe);
    await until((time) => window.failure || document.querySelector("video").ended || document.querySelector("video").currentTime > time + 0.4, time);
  };
  await until(() => window.failure || document.querySelector("video").readyState >= 2);
  await page.evaluate(() => { document.querySelector("video").play().catch(() => {}); });
  await playing(0);
  const seen = { first: await page.evaluate(observe) };
  await seek(9);
  await playing(9);
  seen.sought = await page.evaluate(observe);
  seen.shades = await shades(page);
  seen.pictures = await page.evaluate(() => window.choices.pictures());
  if (seen.pictures > 1) {
    await seek(2);
    await playing(2);
    seen.wantedHeight = await page.evaluate(() => window.choices.picture());
    await until((height) => window.failure || document.querySelector("video").videoHeight === height, seen.wantedHeight);
    await goesOn();
    seen.switchedHeight = (await page.evaluate(observe)).height;
  }
  seen.sounds = await page.evaluate(() => window.choices.sounds());
  if (seen.sounds > 1) {
    await seek(2);
    await playing(2);
    seen.wantedSound = await page.evaluate(() => window.choices.sound());
    const before = await page.evaluate(observe);
    await until((sound) => window.failure || window.choices.soundNow() === sound, seen.wantedSound);
    await until((bytes) => window.failure || document.querySelector("video").webkitAudioDecodedByteCount > bytes + 4000, before.audioBytes);
    await goesOn();
  }
  await seek(seen.sought.duration - 0.7);
  await until(() => window.failure || document.querySelector("video").ended);
  seen.last = await page.evaluate(observe);
  return seen;
}

/** Chooses captions from the player's list, and waits at each moment until they are shown as they should. */
async function read(page, looks) {
  const until = (condition, argument) => page.waitForFunction(condition, argument, LIMIT);
  await until(() => window.failure || document.querySelector("video").readyState >= 2);
  await until(() => window.failure || window.captions.labels().length > 0);
  const seen = { labels: await page.evaluate(() => window.captions.labels()), shown: [] };
  let chosen = null;
  const go = (second) => page.evaluate((second) => {
    const video = document.querySelector("video");
    video.currentTime = second;
    // Slowly on, since a player may look for captions only when time goes on.
    video.playbackRate = 0.1;
    video.play().catch(() => {});
  }, second);
  await go(0);
  for (const [label, second, text] of looks) {
    if (label !== chosen) {
      await page.evaluate((at) => window.captions.choose(at), seen.labels.indexOf(label));
      // dash.js loses captions that it still loads when it is made to go elsewhere.
      await until(() => window.failure || [...document.querySelector("video").textTracks].some((track) => track.mode === "showing" && track.cues?.length));
    }
    chosen = label;
    await go(second);
    // What the element shows, whichever player filled it.
    await until(([second, text]) => {
      const video = document.querySelector("video");
      const tracks = [...video.textTracks].filter((track) => track.mode === "showing");
      window.cues = tracks.flatMap((track) => [...(track.activeCues ?? [])]);
      const there = !video.seeking && video.currentTime > second - 0.1 && video.currentTime < second + 1;
      return window.failure || (there && window.cues.map((cue) => cue.text).join("|") === text);
    }, [second, text]);
    seen.shown.push(await page.evaluate(() => window.cues.map((cue) => [cue.startTime, cue.endTime, cue.text])));
  }
  return seen;
}

/** Plays a title that is not all there from its start, and to its end when it is; `manifests` is what was read of it. */
async function grow(page, manifests, length) {
  const until = (condition, argument, limit = LIMIT) => page.waitForFunction(condition, argument, limit);
  await until(() => window.failure || document.querySelector("video").readyState >= 2);
  await page.evaluate(() => { document.querySelector("video").play().catch(() => {}); });
  await until(() => window.failure || document.querySelector("video").currentTime > 0.3);
  const seen = { first: await page.evaluate(observe), read: [...manifests] };
  console.log("playing");
  await until((length) => window.failure || Math.abs(document.querySelector("video").duration - length) < 0.5, length, { timeout: 90000 });
  // A player may have stopped where nothing more was, and needs a moment to know of the rest.
  await until(() => window.failure || document.querySelector("video").currentTime > 4);
  seen.onward = await page.evaluate(observe);
  await page.evaluate(() => {
    const video = document.querySelector("video");
    video.currentTime = video.duration - 1;
    video.play().catch(() => {});
  });
  await until(() => window.failure || document.querySelector("video").ended);
  return { ...seen, last: await page.evaluate(observe) };
}

/** Waits for an error; whatever frames were shown meanwhile are counted. */
async function refuse(page) {
  await page.evaluate(() => { document.querySelector("video").play().catch(() => {}); });
  // Kept when it is seen: a player may put the element back to where it has none.
  await page.waitForFunction(() => {
    const error = document.querySelector("video").error;
    if (error) window.failure ??= `${error.code} ${error.message}`;
    return window.failure;
  }, null, LIMIT);
  return { last: await page.evaluate(observe), shades: await shades(page) };
}

/** Answers requests for keys with the same key id and another key. */
async function lie(page) {
  await page.route(/\/packages\/\d+\/(license|key)\?/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    if (route.request().url().includes("/key?")) return route.fulfill({ response: answer, body: Buffer.from(body.map((byte) => byte ^ 0x55)) });
    const license = JSON.parse(body.toString());
    license.keys[0].k = Buffer.from(license.keys[0].k, "base64url").map((byte) => byte ^ 0x55).toString("base64url");
    return route.fulfill({ response: answer, body: JSON.stringify(license) });
  });
}

async function session(browser, origin, { player, address, key, looks, length }) {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  if (key === "wrong") await lie(page);
  const manifests = new Set();
  if (key === "growing") page.on("response", async (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    if (!/\.(mpd|m3u8)\?/.test(response.url())) return;
    const text = await response.text().catch(() => "");
    if (/type="dynamic"|PLAYLIST-TYPE:EVENT/.test(text)) manifests.add("growing");
    if (/type="static"|EXT-X-ENDLIST/.test(text)) manifests.add("finished");
  });
  const start = Date.now();
  try {
    await page.goto(origin);
    await page.evaluate(PLAYERS[player], key === "none" ? address.replace(/\?.*/, "") : address);
    const seen = key === "right" ? await watch(page) : key === "growing" ? await grow(page, manifests, length) : looks ? await read(page, looks) : await refuse(page);
    return { ...seen, failure: await page.evaluate(() => window.failure ?? null), problems };
  } catch (error) {
    const seen = await page.evaluate(observe).catch(() => null);
    const failure = await page.evaluate(() => window.failure ?? null).catch(() => null);
    return { broken: error.stack, seen, failure, problems };
  } finally {
    process.stderr.write(`${player} ${key} ${address}: ${Date.now() - start} ms\n`);
    await page.close();
  }
}

const modules = fileURLToPath(new URL("node_modules/", import.meta.url));
const server = createServer(async (request, response) => {
  const script = SCRIPTS[request.url];
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  response.end(script ? await readFile(modules + script) : PAGE);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath, args: FLAGS });
const waiting = JSON.parse(sessions).map((asked, at) => [at, asked]);
const reports = [];
async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    reports[next[0]] = { ...next[1], ...(await session(browser, origin, next[1])) };
  }
}
// Players wait most of the time: three at once take a third of it. A title that grows is held for all of them.
const atOnce = waiting.every(([, asked]) => asked.key === "growing") ? waiting.length : 3;
await Promise.all(Array.from({ length: atOnce }, work));
for (const report of reports) console.log(JSON.stringify(report));
await browser.close();
server.close();
