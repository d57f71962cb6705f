// Every page of the portal in a real browser: no accessibility violation in either language, light or dark;
// nothing wider than a 320 px screen; nothing loaded from elsewhere; usable by keyboard alone.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { shots, signIn, startBrowser, startDemo, startEmpty, violations } from "./portal.mjs";
import { openScenario, steps } from "./steps.mjs";

const district = "9900001";
const pages = [
  ["home", `/d/${district}`],
  ["map", `/d/${district}/gap/map`],
  ["map-zones", `/d/${district}/gap/map?kind=attendance_zone&measure=m2`],
  ["table", `/d/${district}/gap/table`],
  ["school", `/d/${district}/gap/schools/01`],
  ["district", `/d/${district}/gap/district`],
  ["survey-alone", `/d/${district}/gap/survey`],
  ["sections", `/d/${district}/gap/sections`],
  ["methods", `/d/${district}/methods`],
  ["jobs", `/d/${district}/jobs`],
  ["data", `/d/${district}/data`],
  ["roster", `/d/${district}/roster`],
  ["students", `/d/${district}/roster/students`],
  ["survey", `/d/${district}/survey`],
  ["paper", `/d/${district}/survey/paper`],
  ["enter", `/d/${district}/survey/enter`],
  ["connectivity", `/d/${district}/connectivity`],
  ["connectivity-edit", `/d/${district}/connectivity/edit`],
  ["filtering", `/d/${district}/filtering`],
  ["filtering-answer", `/d/${district}/filtering/answer?name=games.example`],
  ["devices", `/d/${district}/filtering/devices`],
  ["edges", `/d/${district}/filtering/edges`],
  ["evidence", `/d/${district}/filtering/evidence`],
  ["policy-versions", `/d/${district}/filtering/versions`],
  ["lending", `/d/${district}/lending`],
  ["lending-rules", `/d/${district}/lending/rules`],
  ["lending-devices", `/d/${district}/lending/devices`],
  ["lending-new", `/d/${district}/lending/devices/new`],
  ["lending-upload", `/d/${district}/lending/devices/upload`],
  ["lending-lines", `/d/${district}/lending/lines`],
  ["lending-requests", `/d/${district}/lending/requests`],
  ["lending-order", `/d/${district}/lending/order`],
  ["lending-rankings", `/d/${district}/lending/rankings`],
  ["lending-report", `/d/${district}/lending/report`],
  ["lending-rule-sets", `/d/${district}/lending/rule-sets`],
  ["lending-caps", `/d/${district}/lending/caps`],
  ["lending-usage", `/d/${district}/lending/usage`],
  ["lending-overdue", `/d/${district}/lending/overdue`],
  ["lending-orders", `/d/${district}/lending/orders`],
  ["lending-messages", `/d/${district}/lending/messages`],
  ["lending-message-settings", `/d/${district}/lending/messages/settings`],
  ["lending-message-texts", `/d/${district}/lending/messages/texts`],
  ["lending-letters", `/d/${district}/lending/letters`],
  ["lending-agreements", `/d/${district}/lending/agreements`],
  ["lending-kiosk", `/d/${district}/lending/kiosk`],
  ["lending-help", `/d/${district}/lending/help`],
  ["lending-repairs", `/d/${district}/lending/repairs`],
  ["lending-programs", `/d/${district}/lending/programs`],
  ["lending-columns", `/d/${district}/lending/columns`],
  ["lending-kits", `/d/${district}/lending/kits`],
  ["lending-replies", `/d/${district}/lending/replies`],
  ["lending-labels", `/d/${district}/lending/labels`],
  ["plans", `/d/${district}/plans`],
  ["plans-new", `/d/${district}/plans/new`],
  ["plans-compare", `/d/${district}/plans/compare`],
  ["accounts", `/accounts/${district}`],
  ["audit", `/audit/${district}`],
  ["account", "/account"],
  ["districts", "/districts"],
  ["state", "/state"],
];
const publicPages = [
  ["login", "/login"],
  ["survey-form", `/s/${district}`],
  ["survey-paper", `/s/${district}/paper`],
  ["ask", `/h/${district}`],
  ["ask-order", `/h/${district}/order`],
  ["check", `/b/${district}`],
  ["ask-link", `/h/${district}/link`],
  ["block", `/b/${district}?name=games.example`],
  ["block-open", `/b/${district}?name=school.example`],
];

let demo, browser;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  await mkdir(shots, { recursive: true });
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A browser's window. With `session` it is signed in as that one was: signing in over and over is refused. */
async function open({ language = "en", scheme = "light", width = 1280, signedIn = true, script = true, session } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    locale: language === "es" ? "es-US" : "en-US",
    colorScheme: scheme,
    javaScriptEnabled: script,
    storageState: session,
  });
  const page = await context.newPage();
  const foreign = [];
  page.on("request", (r) => {
    if (!r.url().startsWith(demo.url) && !r.url().startsWith("data:") && !r.url().startsWith("blob:")) foreign.push(r.url());
  });
  const failed = [];
  page.on("console", (m) => m.type() === "error" && failed.push(m.text()));
  page.on("pageerror", (e) => failed.push(String(e)));
  if (signedIn && !session) await signIn(page, demo);
  return { context, page, foreign, failed };
}

for (const language of ["en", "es"]) {
  for (const scheme of ["light", "dark"]) {
    test(`no accessibility violation: ${language}, ${scheme}`, async () => {
      const { context, page, foreign, failed } = await open({ language, scheme });
      const all = [...pages.map((p) => [...p, true]), ...publicPages.map((p) => [...p, false])];
      const wrong = [];
      for (const [name, path, signedIn] of all) {
        if (!signedIn) await context.clearCookies();
        const answer = await page.goto(demo.url + path);
        assert.equal(answer.status(), 200, path);
        assert.equal(await page.getAttribute("html", "lang"), language, path);
        if (/^\/[dsb]\//.test(path)) {
          const said = await page.textContent("body");
          assert.match(said, language === "en" ? /fictional/i : /ficticio/i, `${path} does not say that the district is fictional`);
        }
        if (path === `/d/${district}`) {
          // The gap in one sentence: protecting small groups must not cost the whole district its figure.
          assert.match(await page.textContent("h1"), /\d+(\.\d)?\s?%/, "the home page says no figure");
        }
        if (path.includes("/gap/map")) await page.waitForSelector("#island[data-ready]");
        await page.screenshot({ path: join(shots, `${name}-${language}-${scheme}.png`), fullPage: true });
        wrong.push(...(await violations(page)).map((v) => `${path}: ${v}`));
      }
      assert.deepEqual(wrong, []);
      assert.deepEqual(foreign, [], "something was loaded from elsewhere");
      assert.deepEqual(failed, [], "the console complains");
      await context.close();
    });
  }
}

for (const [language, scheme, width] of [["en", "light", 1280], ["es", "dark", 320]]) {
  test(`pages that only a step leads to: ${language}, ${scheme}, ${width} px wide`, async () => {
    const wrong = [];
    const first = await open({ language });
    const session = await first.context.storageState();
    await first.context.close();
    for (const [name, status, take] of steps) {
      const { context, page, foreign } = await open({ language, scheme, width, session });
      let last;
      page.on("response", (r) => r.request().isNavigationRequest() && (last = r.status()));
      await take(page, demo);
      assert.equal(last, status, `${name}: ${await page.textContent("body")}`);
      assert.equal(await page.getAttribute("html", "lang"), language, name);
      assert.equal(await page.locator("main h1").count(), 1, `${name} has one first heading`);
      await page.screenshot({ path: join(shots, `${name}-${language}-${scheme}.png`), fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) wrong.push(`${name} is ${wide} px wide`);
      wrong.push(...(await violations(page)).map((v) => `${name}: ${v}`));
      assert.deepEqual(foreign, [], `${name}: something was loaded from elsewhere`);
      await context.close();
    }
    assert.deepEqual(wrong, []);
  });
}

test("the first account is made in a portal that nobody has set up", async () => {
  const empty = await startEmpty();
  const context = await browser.newContext({ viewport: { width: 320, height: 700 }, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(empty.setUp);
  assert.deepEqual(await violations(page), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  await page.screenshot({ path: join(shots, "setup-320.png"), fullPage: true });
  await page.fill("#name", "First");
  await page.fill("#email", "first@example.org");
  await page.fill("#password", "a password for this test");
  await Promise.all([page.waitForNavigation(), page.click("main button")]);
  assert.equal(new URL(page.url()).origin, empty.url);
  assert.ok(!new URL(page.url()).pathname.startsWith("/setup"), page.url());
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: join(shots, "first-320.png"), fullPage: true });
  await context.close();
  await empty.stop();
});

test("nothing is wider than 320 px", async () => {
  const { context, page } = await open({ width: 320 });
  const wide = [];
  for (const [name, path] of [...pages, ...publicPages.filter(([n]) => n !== "login")]) {
    await page.goto(demo.url + path);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) wide.push(`${path} is ${width} px wide`);
    await page.screenshot({ path: join(shots, `${name}-320.png`), fullPage: true });
  }
  assert.deepEqual(wide, []);
  await context.close();
});

test("every page works without JavaScript", async () => {
  const { context, page } = await open({ script: false });
  for (const [, path] of pages) {
    const answer = await page.goto(demo.url + path);
    assert.equal(answer.status(), 200, path);
    assert.ok((await page.locator("main h1").count()) === 1, `${path} has one first heading`);
  }
  await page.goto(`${demo.url}/d/${district}/gap/map`);
  assert.ok((await page.locator("main svg path").count()) > 10, "the map is drawn without JavaScript");
  await context.close();
});

test("the keyboard reaches everything and shows where it is", async () => {
  const { context, page } = await open();
  for (const [, path] of pages) {
    await page.goto(demo.url + path);
    // A page that is there for one field begins in it; else the first stop skips to the content.
    const begins = await page.evaluate(() => document.activeElement.hasAttribute("autofocus"));
    await page.keyboard.press("Tab");
    if (!begins) assert.match(await page.evaluate(() => document.activeElement.className), /skip/, `${path}: the first stop skips to the content`);
    const reachable = await page.evaluate(
      () => [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary")].filter(
        (e) => e.checkVisibility() && !e.disabled && e.tabIndex < 0,
      ).length,
    );
    assert.equal(reachable, 0, `${path}: something cannot be reached by Tab`);
    for (let i = 0; i < 6; i++) await page.keyboard.press("Tab");
    const outlined = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return style.outlineStyle !== "none" || style.boxShadow !== "none";
    });
    assert.ok(outlined, `${path}: focus cannot be seen`);
  }
  await context.close();
});

test("on paper there are figures and no controls, and nothing is cut off", async () => {
  const { context, page } = await open();
  // The width of a letter page with margins, at the 96 px per inch that CSS counts.
  await page.setViewportSize({ width: 720, height: 900 });
  await page.emulateMedia({ media: "print" });
  for (const [name, path] of pages.filter(([n]) => ["home", "map", "table", "school", "district", "methods", "survey-alone", "connectivity", "data"].includes(n))) {
    await page.goto(demo.url + path);
    assert.equal(await page.locator("nav.nav, form button").filter({ visible: true }).count(), 0, `${path} prints controls`);
    const cut = await page.evaluate(() => [...document.querySelectorAll("table")].filter(
      (t) => t.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((t) => t.id));
    assert.deepEqual(cut, [], `${path}: tables are cut off`);
    await page.screenshot({ path: join(shots, `${name}-print.png`), fullPage: true });
  }
  await context.close();
});

test("the budget's slider changes figures and map, and without JavaScript there are links", async () => {
  const { context, page, failed } = await open();
  await openScenario(page, demo.url, "/result");
  await page.waitForSelector("#island[data-ready]");
  await page.screenshot({ path: join(shots, "plan-result-map.png"), fullPage: true });
  const before = await page.textContent("#answer h2");
  await page.focus("#budget");
  const changed = page.waitForResponse((r) => r.url().includes("map.geojson"));
  await page.keyboard.press("End");
  await changed;
  await page.waitForFunction((text) => document.querySelector("#answer h2").textContent !== text, before);
  assert.match(page.url(), /budget=\d+/);
  assert.equal(await page.locator("#budget-links a").last().getAttribute("aria-current"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "budget", "the slider keeps the focus");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(failed, []);
  const storage = await context.storageState();
  await context.close();
  const plain = await open({ script: false, session: storage });
  await openScenario(plain.page, demo.url, "/result");
  assert.equal(await plain.page.locator("#budget-slider").isVisible(), false);
  assert.ok((await plain.page.locator("#drawing svg path").count()) > 10, "the map is drawn without JavaScript");
  await Promise.all([plain.page.waitForNavigation(), plain.page.locator("#budget-links a").first().click()]);
  assert.notEqual(await plain.page.textContent("#answer h2"), before);
  await plain.context.close();
});

test("the memo is one page on paper", async () => {
  const { context, page } = await open();
  await openScenario(page, demo.url, "/memo");
  const pdf = await page.pdf({ format: "Letter", margin: { top: "1.5cm", bottom: "1.5cm", left: "1.5cm", right: "1.5cm" } });
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.equal(sheets, 1, `it takes ${sheets} pages`);
  await context.close();
});

test("the family's form is light", async () => {
  const { context, page } = await open({ signedIn: false });
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let first = 0;
  let all = 0;
  session.on("Network.loadingFinished", (e) => {
    first ||= e.encodedDataLength;
    all += e.encodedDataLength;
  });
  await page.goto(`${demo.url}/s/${district}`, { waitUntil: "networkidle" });
  console.log(`survey form: first response ${first} bytes, ${all} in all`);
  assert.ok(first > 0 && first <= 14 * 1024, `the first response is ${first} bytes`);
  assert.ok(all <= 50 * 1024, `${all} bytes in all`);
  await context.close();
});

test("the README's picture", { skip: !process.env.EVENFIELD_PICTURE }, async () => {
  const { context, page } = await open();
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.goto(`${demo.url}/d/${district}`);
  await page.waitForTimeout(2500);
  await page.screenshot({ path: process.env.EVENFIELD_PICTURE });
  await context.close();
});
