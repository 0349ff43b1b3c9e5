// Looks at a captioned title as a viewer does, and prints what it saw as one JSON object.
// usage: node captions.mjs CHROMIUM WATCH_URL HOME_URL WORDS [PICTURES_FOLDER]
import { chromium } from "playwright-core";

const [executablePath, watch, home, words, pictures] = process.argv.slice(2);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

const seen = { problems: [] };
const browser = await chromium.launch({ executablePath, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.on("pageerror", (error) => seen.problems.push(String(error)));

const time = () => page.evaluate(() => document.querySelector("video").currentTime);
const shoot = async (name) => {
  if (!pictures) return;
  for (const [size, width, height] of [["desktop", 1280, 900], ["phone", 390, 844]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${pictures}/${name}-${size}-${colorScheme}.png`, fullPage: true });
      seen.overflow ||= await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
};

try {
  await page.goto(watch);
  await page.waitForSelector('[data-testid="transcript"] li');
  seen.lines = await page.locator('[data-testid="transcript"] li button').allInnerTexts();

  // A line is chosen with the keyboard alone, and the player goes there.
  await page.waitForFunction(() => document.querySelector("video").readyState >= 2, null, { timeout: 20000 });
  await page.locator('[data-testid="transcript"] li button').last().focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("video").currentTime > 2, null, { timeout: 20000 });
  seen.soughtTo = await time();
  await page.evaluate(() => document.querySelector("video").pause());
  await page.waitForTimeout(400);
  seen.current = await page.locator('[data-testid="transcript"] [aria-current]').innerText();

  // The caption menu of the player.
  await page.locator(".shaka-video-container").hover();
  await page.locator(".shaka-overflow-menu-button").click();
  await page.locator(".shaka-caption-button").click();
  seen.menu = await page.locator(".shaka-text-languages button").allInnerTexts();
  await page.locator(".shaka-text-languages button", { hasText: "English" }).first().click();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".shaka-text-container")?.innerText.trim(), null, { timeout: 10000 });
  seen.shown = await page.locator(".shaka-text-container").innerText();
  await shoot("watch");
  await page.evaluate(() => { document.querySelector("video").currentTime = 0.5; });
  await page.waitForTimeout(700);
  seen.shownBefore = await page.locator(".shaka-text-container").innerText();

  await page.locator('[data-testid="transcript-search"]').fill(words);
  await page.waitForTimeout(200);
  seen.filtered = await page.locator('[data-testid="transcript"] li button').allInnerTexts();

  // From the search over all titles to the moment.
  await page.goto(home);
  await page.locator('[data-testid="search"]').fill(words);
  await page.waitForSelector('[data-testid="moment"]', { timeout: 10000 });
  await shoot("search");
  await page.locator('[data-testid="search"]').focus();
  await page.keyboard.press("Tab");
  seen.focused = await page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName);
  await page.locator('[data-testid="moment"]').first().press("Enter");
  await page.waitForFunction(() => document.querySelector("video")?.currentTime > 1, null, { timeout: 20000 });
  seen.openedAt = await time();
} catch (error) {
  seen.failed = String(error);
  if (pictures) await page.screenshot({ path: `${pictures}/failed.png` }).catch(() => {});
}
console.log(JSON.stringify(seen));
await browser.close();
