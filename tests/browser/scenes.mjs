// Looks at a title's scenes and searches for what looks alike, as a viewer does at two widths; prints what it
// saw as one JSON object.
// usage: node scenes.mjs CHROMIUM WATCH_URL HOME_URL WORDS [PICTURES_FOLDER]
import { chromium } from "playwright-core";

const [executablePath, watch, home, words, pictures] = process.argv.slice(2);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

const seen = { problems: [] };
const browser = await chromium.launch({ executablePath, args: FLAGS });
const page = await browser.newPage();
page.on("pageerror", (error) => seen.problems.push(String(error)));
try {
  for (const [name, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    await page.goto(watch);
    await page.waitForSelector('[data-testid="seen"] [data-kind="scene"] button', { timeout: 20000 });
    const lanes = await page.locator('[data-testid="seen"] .label').allInnerTexts();
    const boxes = await page.locator('[data-testid="show-boxes"]').count();
    const spans = await page.locator('[data-testid="span"]').count();
    if (pictures) await page.locator('[data-testid="seen"]').screenshot({ path: `${pictures}/scenes-${name}.png` });
    await page.goto(home);
    await page.locator('[data-testid="search"]').fill(words);
    await page.waitForSelector('[data-testid="alike"]', { timeout: 20000 });
    const alike = page.locator('[data-testid="alike"]');
    const says = await alike.first().locator(".said").innerText();
    const href = await alike.first().getAttribute("href");
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    if (pictures) await page.screenshot({ path: `${pictures}/alike-${name}.png` });
    seen[name] = { lanes, boxes, spans, alike: await alike.count(), says, href, tooWide };
  }
} catch (error) {
  seen.failed = String(error);
  if (pictures) await page.screenshot({ path: `${pictures}/failed.png` }).catch(() => {});
}
console.log(JSON.stringify(seen));
await browser.close();
