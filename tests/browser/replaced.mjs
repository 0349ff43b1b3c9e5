// Watches a title with captions until others take their place: says so when the first are shown, and then
// prints what it saw as one JSON object.
// usage: node replaced.mjs CHROMIUM WATCH_URL SECOND
import { chromium } from "playwright-core";

const [executablePath, watch, second] = process.argv.slice(2);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

const seen = { problems: [] };
const browser = await chromium.launch({ executablePath, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.on("pageerror", (error) => seen.problems.push(String(error)));
const text = () => page.locator(".shaka-text-container").innerText();
const menu = async () => {
  await page.locator(".shaka-video-container").hover();
  await page.locator(".shaka-overflow-menu-button").click();
  await page.locator(".shaka-caption-button").click();
  return page.locator(".shaka-text-languages button");
};

try {
  await page.goto(watch);
  await page.waitForFunction(() => document.querySelector("video")?.readyState >= 2, null, { timeout: 20000 });
  await page.evaluate((second) => {
    const video = document.querySelector("video");
    video.pause();
    video.currentTime = second;
  }, Number(second));
  await (await menu()).filter({ hasText: "English" }).first().click();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".shaka-text-container")?.innerText.trim(), null, { timeout: 20000 });
  seen.before = await text();
  console.log("shown");
  await page.waitForFunction((before) => {
    const now = document.querySelector(".shaka-text-container")?.innerText.trim();
    return now && now !== before.trim();
  }, seen.before, { timeout: 60000 });
  seen.after = await text();
  seen.at = await page.evaluate(() => document.querySelector("video").currentTime);
  seen.menu = await (await menu()).allInnerTexts();
} catch (error) {
  seen.failed = String(error);
}
console.log(JSON.stringify(seen));
await browser.close();
