// Looks at what is seen in a title as a viewer does, and prints what it saw as one JSON object.
// usage: node detections.mjs CHROMIUM WATCH_URL HOME_URL WORDS LABEL [PICTURES_FOLDER]
import { chromium } from "playwright-core";

const [executablePath, watch, home, words, label, pictures] = process.argv.slice(2);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

const seen = { problems: [], away: {} };
const browser = await chromium.launch({ executablePath, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.on("pageerror", (error) => seen.problems.push(String(error)));

/** Where the label's boxes should be on the page by the title's own JSON, and how far off they are. */
const measure = async (name, picture) => {
  await page.evaluate((seconds) => {
    const video = document.querySelector("video");
    video.pause();
    video.currentTime = seconds;
  }, picture.time_ms / 1000 + 0.001);
  await page.waitForFunction(() => !document.querySelector("video").seeking, null, { timeout: 20000 });
  await page.waitForSelector('[data-testid="box"]', { state: "attached", timeout: 10000 });
  await page.waitForTimeout(500);
  if (pictures) await page.screenshot({ path: `${pictures}/boxes-${name}.png` });
  seen.away[name] = await page.evaluate(
    ({ boxes, label }) => {
      const video = document.querySelector("video");
      const stage = video.getBoundingClientRect();
      const scale = Math.min(stage.width / video.videoWidth, stage.height / video.videoHeight);
      const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
      const [left, top] = [stage.left + (stage.width - width) / 2, stage.top + (stage.height - height) / 2];
      const shown = [...document.querySelectorAll(`[data-testid="box"][data-label="${label}"]`)];
      const rects = shown.map((box) => box.getBoundingClientRect());
      if (rects.length !== boxes.length) return `${rects.length} boxes instead of ${boxes.length}`;
      const off = boxes.map((box) => {
        const wanted = [left + box.x * width, top + box.y * height, box.width * width, box.height * height];
        const differences = rects.map(({ left, top, width, height }) =>
          Math.max(...[left, top, width, height].map((value, at) => Math.abs(value - wanted[at]))),
        );
        return Math.min(...differences);
      });
      return Math.max(...off);
    },
    { boxes: picture.boxes, label },
  );
};

try {
  await page.goto(watch);
  await page.waitForSelector('[data-testid="seen"] button', { timeout: 20000 });
  await page.waitForFunction(() => document.querySelector("video").readyState >= 2, null, { timeout: 20000 });
  seen.lanes = await page.locator('[data-testid="seen"] .label').allInnerTexts();

  // A still of each thing, cut out of a sheet that is there.
  await page.waitForSelector('[data-testid="still"]', { timeout: 10000 });
  seen.stills = await page.locator(`[data-testid="still"][data-label="${label}"]`).count();
  seen.sheet = await page.evaluate(async () => {
    const address = getComputedStyle(document.querySelector('[data-testid="still"]')).backgroundImage.slice(5, -2);
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    return [picture.naturalWidth, picture.naturalHeight];
  });
  if (pictures) await page.locator('[data-testid="seen"]').screenshot({ path: `${pictures}/stills.png` });

  // What the title's own JSON says of the label: on pictures near the beginning and the end.
  const found = await page.evaluate(async (label) => {
    const asset = location.pathname.split("/").pop();
    const { analysis, detections } = await (await fetch(`/api/assets/${asset}/detections?limit=1000`)).json();
    const stretch = await (await fetch(analysis.boxes.replace("{n}", "0"))).json();
    const numbers = detections.filter((detection) => detection.label === label).map(({ number }) => number);
    const of = stretch.pictures.map(({ time_ms, boxes }) => ({
      time_ms,
      boxes: boxes.filter(({ detection }) => numbers.includes(detection)),
    }));
    return of.filter(({ boxes }) => boxes.length > 0);
  }, label);
  await measure("first", found.at(0));
  await measure("sought", found.at(-1));
  await page.setViewportSize({ width: 390, height: 844 });
  await measure("narrow", found.at(-1));
  await page.setViewportSize({ width: 1500, height: 700 });
  await measure("wide", found.at(0));
  await page.setViewportSize({ width: 1280, height: 900 });

  // The time line leads to the moment, by the keyboard too.
  const span = page.locator(`[data-testid="span"][data-label="${label}"]`).last();
  await page.evaluate(() => { document.querySelector("video").currentTime = 4; });
  await span.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("video").currentTime < 4, null, { timeout: 10000 });
  await page.locator('[data-testid="show-boxes"]').uncheck();
  seen.hidden = (await page.locator('[data-testid="box"]').count()) === 0;

  // From the search over all titles to the moment.
  await page.goto(home);
  await page.locator('[data-testid="search"]').fill(words);
  await page.waitForSelector('[data-testid="sighting"]', { timeout: 10000 });
  if (pictures) await page.screenshot({ path: `${pictures}/sightings.png` });
  seen.sightings = await page.locator('[data-testid="sighting"]').count();
  seen.opens = await page.locator('[data-testid="sighting"]').first().getAttribute("href");
} catch (error) {
  seen.failed = String(error);
  if (pictures) await page.screenshot({ path: `${pictures}/failed.png` }).catch(() => {});
}
console.log(JSON.stringify(seen));
await browser.close();
