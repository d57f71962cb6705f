// The extension that shows the block page where the browser can only show its own message: as the portal makes it, in a
// real Chromium. Nothing leaves this machine: every name but the portal's leads nowhere.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { chromium } from "playwright-core";
import { signIn, startBrowser, startDemo } from "./portal.mjs";

const district = "9900001";
let demo, folder, context;

/** The files of a zip archive, by its directory at the end. */
function members(zip) {
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = [];
  for (let at = zip.readUInt32LE(end + 16), n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [method, packed, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    const [name, extra, note] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const octets = zip.subarray(from, from + packed);
    files.push([zip.toString("utf8", at + 46, at + 46 + name), method === 8 ? inflateRawSync(octets) : octets]);
    at += 46 + name + extra + note;
  }
  return files;
}

before(async () => {
  demo = await startDemo({ students: 500 });
  folder = await mkdtemp(join(tmpdir(), "evenfield-extension-"));
  // Staff download it.
  const browser = await startBrowser();
  const page = await browser.newPage();
  await signIn(page, demo);
  const answer = await page.request.get(`${demo.url}/d/${district}/filtering/devices/extension.zip`);
  assert.equal(answer.status(), 200);
  await mkdir(join(folder, "extension"));
  for (const [name, octets] of members(await answer.body())) await writeFile(join(folder, "extension", name), octets);
  await browser.close();
  context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: false,
    args: [
      "--headless=new",
      ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
      `--disable-extensions-except=${join(folder, "extension")}`,
      `--load-extension=${join(folder, "extension")}`,
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  if (context.serviceWorkers().length === 0) await context.waitForEvent("serviceworker");
});

after(async () => {
  await context?.close();
  await demo?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("a blocked page that was asked for by https leads to the block page", async () => {
  const page = await context.newPage();
  await page.goto("https://games.example/level?secret=1").catch(() => {});
  // Not `waitForURL`: it fails when the browser's own message comes up only after the wait began.
  const wanted = `${demo.url}/b/${district}?name=games.example`;
  for (const last = Date.now() + 60_000; page.url() !== wanted && Date.now() < last; ) await page.waitForTimeout(50);
  assert.equal(page.url(), wanted);
  assert.match(await page.textContent("h1"), /games\.example/);
  assert.equal(await page.locator("form[method=post] button").count(), 1, "it can be asked for");
  await page.close();
});

test("a page that is not blocked keeps the browser's own message", async () => {
  const page = await context.newPage();
  const asked = context.waitForEvent("request", (r) => r.url() === `${demo.url}/b/${district}/why.json?name=school.example`);
  await page.goto("https://school.example/").catch(() => {});
  const answer = await (await asked).response();
  assert.deepEqual(await answer.json(), { blocked: false, name: "school.example" });
  assert.ok(!page.url().startsWith(demo.url), page.url());
  await page.close();
});
