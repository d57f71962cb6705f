// Starts the real program on a fictional district and signs in, for the end-to-end tests.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
export const program = process.env.EVENFIELD_BIN ?? join(target, "debug/evenfield");
export const shots = process.env.EVENFIELD_SHOTS ?? join(root, "target/screenshots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The demo, running: its address, who may sign in, and how to stop it. */
export async function startDemo({ students = 3000 } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "evenfield-browser-"));
  const args = ["demo", "--dir", dir, "--listen", "127.0.0.1:0", "--students", String(students)];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const ready = new Promise((done, fail) => {
    const look = (chunk) => {
      printed += chunk;
      const url = /Open\s+(http:\S+)/.exec(printed);
      const email = /E-mail\s+(\S+)/.exec(printed);
      const password = /Password\s+(\S+)/.exec(printed);
      if (url && email && password) done({ url: url[1].replace(/\/$/, ""), email: email[1], password: password[1] });
    };
    child.stdout.setEncoding("utf8").on("data", look);
    child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
    child.on("exit", (code) => fail(new Error(`the demo ended with ${code}:\n${printed}`)));
  });
  const found = await ready;
  const stop = async () => {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    await new Promise((done) => child.on("exit", done));
    await rm(dir, { recursive: true, force: true });
  };
  return { ...found, dir, stop, printed: () => printed };
}

/** Debian's Chromium; its sandbox cannot run as root. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
}

/** Signs in as the demo's administrator. */
export async function signIn(page, demo) {
  await page.goto(`${demo.url}/login`);
  await page.fill("input[name=email]", demo.email);
  await page.fill("input[name=password]", demo.password);
  await Promise.all([page.waitForNavigation(), page.press("input[name=password]", "Enter")]);
}

/** axe's violations on the page as it stands, in words. */
export async function violations(page) {
  // The content policy forbids inline scripts; evaluating through the debugger is not one.
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
}
