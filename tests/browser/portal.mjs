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

/** A program of ours, running: what `look` finds in what it has printed, its folder, and how to stop it. */
async function start(args, look) {
  const dir = await mkdtemp(join(tmpdir(), "evenfield-browser-"));
  const child = spawn(program, args(dir), { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const found = await new Promise((done, fail) => {
    const hear = (chunk) => {
      printed += chunk;
      const found = look(printed);
      if (found) done(found);
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", (chunk) => (printed += chunk));
    child.on("exit", (code) => fail(new Error(`${args(dir).join(" ")} ended with ${code}:\n${printed}`)));
  });
  const stop = async () => {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    await new Promise((done) => child.on("exit", done));
    await rm(dir, { recursive: true, force: true });
  };
  return { ...found, dir, stop };
}

/** The demo: its address, and who may sign in. */
export function startDemo({ students = 3000 } = {}) {
  const args = (dir) => ["demo", "--dir", dir, "--listen", "127.0.0.1:0", "--students", String(students)];
  return start(args, (printed) => {
    const url = /Open\s+(http:\S+)/.exec(printed);
    const email = /E-mail\s+(\S+)/.exec(printed);
    const password = /Password\s+(\S+)/.exec(printed);
    return url && email && password && { url: url[1].replace(/\/$/, ""), email: email[1], password: password[1] };
  });
}

/** A portal that nobody has set up yet: its address, and where the first account is made. */
export function startEmpty() {
  const args = (dir) => ["serve", "--database", `sqlite:${join(dir, "evenfield.db")}`, "--listen", "127.0.0.1:0"];
  return start(args, (printed) => {
    const first = /Make the first account at ((http:\/\/[^/\s]+)\S+)/.exec(printed);
    return first && { url: first[2], setUp: first[1] };
  });
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
