// Shaka Player around one video element.

import "shaka-player/dist/controls.css";
import shaka from "shaka-player/dist/shaka-player.ui-es2021.js";
import type { Captions } from "./api";
import { captionsName } from "./captionsName";
import { foretell } from "./foretell";
import { registerTime, TIME } from "./titleTime";

export interface Playback {
  /** Loads a manifest; from `start` seconds on. `durationMs` is that of the whole title, which may still grow. */
  load(address: string, start: number, durationMs: number | null): Promise<void>;
  /** Adds pictures to the seek bar. */
  storyboard(address: string): Promise<void>;
  /** Shows captions that are to be shown unasked, and offers what came after the manifest was loaded. */
  captions(tracks: Captions[]): Promise<void>;
  close(): Promise<void>;
}

const SECURE_ONLY =
  "This browser plays encrypted titles only over https or on localhost. Open the page through one of them.";

/** Replaced captions are in the manifest soon after the catalog has them, in tries of a second each. */
const TRIES = 30;

const PANEL = ["play_pause", TIME, "spacer", "mute", "volume", "fullscreen", "overflow_menu"];
const MENU = ["quality", "language", "captions", "playback_rate", "picture_in_picture"];

/** Puts the player and its controls into `stage`. */
export async function open(stage: HTMLElement, video: HTMLVideoElement, failed: (reason: string) => void): Promise<Playback> {
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) throw new Error("This browser cannot play adaptive video.");
  const player = new shaka.Player();
  // Captions then stand above the controls, not below them as the browser's own do.
  player.setVideoContainer(stage);
  await player.attach(video);
  let duration: number | null = null;
  /** Caption tracks that are in the menu, by their address. */
  let offered = new Set<string>();
  let loaded = "";
  let pictures: string | null = null;
  /** One offer after the other: each looks at what the one before has added. */
  let offering = Promise.resolve();
  /** What the loaded manifest, and the playlists that it names, say, by address: while a title grows they come often. */
  const manifests = new Map<string, string>();
  registerTime(() => duration);
  const overlay = new shaka.ui.Overlay(player, stage, video);
  overlay.configure({
    controlPanelElements: PANEL,
    overflowMenuButtons: MENU,
    enableKeyboardPlaybackControls: true,
    seekBarColors: { base: "rgb(255 255 255 / 30%)", buffered: "rgb(255 255 255 / 50%)", played: "#66cdc3" },
  });
  player.configure({
    // A growing title is watched from its start, not from where the encoder is.
    streaming: { rebufferingGoal: 1, bufferingGoal: 30, liveSync: { enabled: false } },
    manifest: {
      availabilityWindowOverride: Number.POSITIVE_INFINITY,
      defaultPresentationDelay: 0.5,
      dash: { manifestPreprocessorTXml: (mpd: shaka.extern.xml.Node) => foretell(mpd, duration) },
    },
  });
  player.getNetworkingEngine()?.registerResponseFilter((type, response) => {
    if (type === shaka.net.NetworkingEngine.RequestType.MANIFEST)
      manifests.set(response.originalUri, shaka.util.StringUtils.fromUTF8(response.data));
  });
  player.addEventListener("error", (event: unknown) => failed(sentence((event as { detail?: unknown }).detail)));
  /** Loads the manifest again, and goes on as before. */
  const reload = async () => {
    const [address, chosen, playing] = [loaded, player.getTextTracks().find((track) => track.active), !video.paused];
    manifests.clear();
    offered = new Set();
    await player.load(address, video.currentTime);
    const again = chosen && player.getTextTracks().find((track) => track.language === chosen.language && track.label === chosen.label);
    if (again) player.selectTextTrack(again);
    if (pictures) await player.addThumbnailsTrack(pictures, "text/vtt");
    if (playing) void video.play().catch(() => undefined);
  };
  const offer = async (tracks: Captions[]) => {
    // While a title grows the player takes it for a broadcast, and adds nothing to one.
    if (player.isLive()) return;
    const isNamed = (track: Captions) => [...manifests.values()].some((text) => text.includes(captionsName(track)));
    const known = (track: Captions) => player.getTextTracks().find((known) => isSame(known, track));
    const replaced = tracks.find((track) => !offered.has(track.vtt) && !isNamed(track) && known(track));
    // The player cannot give up a track, so that the manifest that names the other is loaded.
    if (replaced && (await isThere(loaded, replaced))) await reload();
    for (const track of tracks) {
      if (offered.has(track.vtt)) continue;
      offered.add(track.vtt);
      const named = isNamed(track) ? known(track) : undefined;
      const shown = named ?? (await player.addTextTrackAsync(track.vtt, track.language, "subtitles", "text/vtt", undefined, track.label, track.kind === "forced"));
      if (track.default) player.selectTextTrack(shown);
    }
  };
  return {
    load: async (address, start, durationMs) => {
      try {
        duration = durationMs;
        offered = new Set();
        loaded = address;
        pictures = null;
        manifests.clear();
        await player.load(address, start);
      } catch (error) {
        // A load that a later one replaced is no failure.
        if (code(error) === shaka.util.Error.Code.LOAD_INTERRUPTED) return;
        throw new Error(sentence(error));
      }
    },
    storyboard: async (address) => {
      pictures = address;
      await player.addThumbnailsTrack(address, "text/vtt");
    },
    captions: (tracks) => {
      offering = offering.catch(() => undefined).then(() => offer(tracks));
      return offering;
    },
    close: async () => {
      await overlay.destroy();
    },
  };
}

/**
 * Waits until the manifest at `address` names these captions; false where it never does. What is fetched replaces
 * what the browser keeps of that address: the player, which loads it next, would else get the manifest of before.
 */
async function isThere(address: string, track: Captions): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const response = await fetch(address, { cache: "reload" });
    if (response.ok && (await response.text()).includes(captionsName(track))) return true;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return false;
}

/** Whether a track of the manifest stands for the one that the API names, or for what was there before. */
function isSame(named: shaka.extern.TextTrack, track: Captions): boolean {
  return named.language.toLowerCase() === track.language.toLowerCase() && named.label === track.label;
}

function code(error: unknown): number | null {
  return typeof error === "object" && error !== null && "code" in error ? Number(error.code) : null;
}

/** What went wrong, for a person; the number is for whoever helps them. */
function sentence(error: unknown): string {
  const number = code(error);
  if (!isSecureContext) return SECURE_ONLY;
  const Category = shaka.util.Error.Category;
  switch (number === null ? null : Math.floor(number / 1000)) {
    case Category.NETWORK:
      return `The title's files cannot be fetched (${number}).`;
    case Category.DRM:
      return `The title's key was refused (${number}).`;
    default:
      return number === null ? "The title cannot be played." : `The title cannot be played (${number}).`;
  }
}
