// The kiosk through an outage: the server is killed, scans go on, the server comes back on the same address, and each scan is done once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, signIn, startBrowser } from "./portal.mjs";

const district = "9900001";
let dir, browser, server, demo;

/** Starts the demo in our folder; on a port of its own at first, then on the same. */
function begin(listen) {
  return new Promise((done, fail) => {
    const child = spawn(program, ["demo", "--dir", dir, "--listen", listen, "--students", "600"], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const hear = (chunk) => {
      printed += chunk;
      const url = /Open\s+(http:\S+)/.exec(printed);
      const [email, password] = [/E-mail\s+(\S+)/.exec(printed), /Password\s+(\S+)/.exec(printed)];
      if (url && email && password) done({ child, url: url[1].replace(/\/$/, ""), email: email[1], password: password[1] });
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
    child.on("exit", (code) => fail(new Error(`the demo ended with ${code}:\n${printed}`)));
  });
}

async function kill(child) {
  child.removeAllListeners("exit");
  const gone = new Promise((done) => child.on("exit", done));
  child.kill("SIGKILL");
  await gone;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "evenfield-kiosk-"));
  demo = await begin("127.0.0.1:0");
  server = demo.child;
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  if (server) await kill(server);
  await rm(dir, { recursive: true, force: true });
});

test("scans go on without the server, and each is done once when it is back", async () => {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, demo);
  const csv = async (path) => (await (await page.request.get(`${demo.url}/d/${district}/lending/${path}`)).text()).split("\r\n").map((line) => line.split(","));
  const devices = (await csv("devices.csv?state=here&kind=laptop")).slice(1).map((row) => row[0]).filter(Boolean);
  const student = (await csv("loans.csv")).slice(1).map((row) => row[5]).find(Boolean);
  assert.ok(devices.length >= 3 && student, `${devices.length} laptops, student ${student}`);

  await page.goto(`${demo.url}/d/${district}/lending/kiosk`);
  await page.waitForSelector("#kiosk:not([hidden])");
  const scan = async (code) => {
    await page.fill("#scan", code);
    await page.press("#scan", "Enter");
  };
  await scan(student);
  // A scan that is not kept yet waits for nothing either: only who is at the counter tells that it was done.
  await page.waitForFunction((student) => document.getElementById("kiosk-who").textContent.includes(student), student, { timeout: 60_000 });

  await kill(server);
  for (const device of devices.slice(0, 3)) await scan(device);
  await page.waitForFunction(() => document.getElementById("kiosk").dataset.waiting === "3");
  assert.match(await page.textContent("#kiosk-told"), /3|2|1/);

  server = (await begin(new URL(demo.url).host)).child;
  await page.waitForFunction(() => document.getElementById("kiosk").dataset.waiting === "0", null, { timeout: 90_000 });
  const texts = await page.$$eval("#kiosk-list li", (rows) => rows.map((row) => row.textContent));
  for (const device of devices.slice(0, 3)) assert.equal(texts.filter((text) => text.includes(`${device} is lent`)).length, 1, texts.join("\n"));
  const lent = (await csv("loans.csv")).filter((row) => devices.slice(0, 3).includes(row[0]) && row[5] === student);
  assert.equal(lent.length, 3, "each is lent once");
});
