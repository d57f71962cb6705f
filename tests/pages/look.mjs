// Visits pages of a running portal in both languages, light and dark, wide and 320 px, and fails on any
// axe violation, sideways scroll, console error or content-policy violation.
//
//   npm ci --ignore-scripts && node look.mjs BASE COOKIE PATH...
//   BASE    for example http://127.0.0.1:8080
//   COOKIE  name=value of a signed-in session, or "-"
//   SHOTS   (environment) a folder for screenshots
//   CHROMIUM (environment) the browser, /usr/bin/chromium without it
import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const [base, cookie, ...paths] = process.argv.slice(2);
if (!base || !cookie || paths.length === 0) {
  console.error("usage: node look.mjs BASE COOKIE PATH...");
  process.exit(2);
}
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SHOTS;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
});
const looks = [
  { name: "light", colorScheme: "light", width: 1280 },
  { name: "dark", colorScheme: "dark", width: 1280 },
  { name: "narrow", colorScheme: "light", width: 320 },
];
let failures = 0;
const fail = (where, what) => { failures += 1; console.error(`${where}: ${what}`); };

for (const language of ["en", "es"]) {
  for (const { name, colorScheme, width } of looks) {
    // The content policy stops scripts that are put in; axe is let past it, the page's own log is still read.
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: false });
    if (cookie !== "-") {
      const [key, value] = cookie.split("=");
      await context.addCookies([{ name: key, value, url: base }]);
    }
    for (const path of paths) {
      const where = `${path} ${language} ${name}`;
      const page = await context.newPage();
      page.on("console", (m) => { if (m.type() === "error") fail(where, `console: ${m.text()}`); });
      page.on("pageerror", (e) => fail(where, `script: ${e.message}`));
      const answer = await page.goto(`${base}${path}${path.includes("?") ? "&" : "?"}lang=${language}`, { waitUntil: "networkidle" });
      if (answer.status() !== 200) fail(where, `status ${answer.status()}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) fail(where, `scrolls sideways by ${wide} px`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      for (const v of violations) fail(where, `axe ${v.id}: ${v.help} (${v.nodes.map((n) => n.target).slice(0, 3).join("; ")})`);
      if (shots) {
        const file = `${path.replace(/[^a-z0-9]+/gi, "_")}-${language}-${name}.png`;
        await page.screenshot({ path: `${shots}/${file}`, fullPage: true });
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(`${paths.length} pages, ${failures} failures`);
process.exit(failures ? 1 : 0);
