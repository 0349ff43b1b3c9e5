// Plays a title's watch page in Chromium and prints what it saw, one JSON object a line.
// usage: node play.mjs CHROMIUM WATCH_URL...
import { chromium } from "playwright-core";
import { FLAGS, observe, shades } from "./seen.mjs";

const [executablePath, ...addresses] = process.argv.slice(2);
async function play(browser, address) {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  try {
    await page.goto(address);
    await page.waitForSelector("video");
    await page.evaluate(() => { const video = document.querySelector("video"); video.muted = false; return video.play().catch(() => {}); });
    await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5, null, { timeout: 20000 });
    const first = await page.evaluate(observe);
    await page.waitForFunction((from) => document.querySelector("video").currentTime > from + 1.5, first.time, { timeout: 20000 });
    const second = await page.evaluate(observe);
    second.shades = await shades(page);
    // The end is reached after a jump.
    await page.evaluate(() => { const video = document.querySelector("video"); video.currentTime = video.duration - 1; });
    await page.waitForFunction(() => document.querySelector("video").ended, null, { timeout: 20000 });
    const last = await page.evaluate(observe);
    return { address, first, second, last, problems };
  } catch (error) {
    return { address, failed: String(error), seen: await page.evaluate(observe).catch(() => null), problems };
  } finally {
    await page.close();
  }
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
for (const address of addresses) {
  console.log(JSON.stringify(await play(browser, address)));
}
await browser.close();
