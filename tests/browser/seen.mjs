// What is seen of a video element in Chromium.

export const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

// What the video element itself knows; nothing of the player is asked.
export function observe() {
  const video = document.querySelector("video");
  if (!video) return null;
  return {
    time: video.currentTime,
    duration: video.duration,
    width: video.videoWidth,
    height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount,
    encrypted: video.mediaKeys !== null,
    ended: video.ended,
    error: video.error?.message ?? null,
  };
}

// Protected frames cannot be read by a page's script, but a picture of the screen shows them.
export async function shades(page) {
  const shot = (await page.locator("video").first().screenshot()).toString("base64");
  return page.evaluate(async (png) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(32, 18);
    const pen = canvas.getContext("2d");
    pen.drawImage(bitmap, 0, 0, 32, 18);
    return new Set(pen.getImageData(0, 0, 32, 18).data).size;
  }, shot);
}
