// Real clients against the real program: M-Lab's JavaScript in Chromium, with and without TLS, and `ndt7-client` where it is installed.
// EVENFIELD_EDGE is the program, EVENFIELD_NDT7_CLIENT the other (cargo install ndt7-client).
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const edge = process.env.EVENFIELD_EDGE ?? join(target, "debug/evenfield-edge");
const client = process.env.EVENFIELD_NDT7_CLIENT ?? "ndt7-client";
const library = join(import.meta.dirname, "node_modules/@m-lab/ndt7/src");

let dir, server, bound, pages, page, browser;

/** Starts the edge; where it listens, by name. */
async function begin() {
  dir = await mkdtemp(join(tmpdir(), "evenfield-speedtest-"));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost", "-keyout", join(dir, "key.pem"), "-out", join(dir, "certificate.pem")], { stdio: "ignore" });
  await writeFile(join(dir, "speed.toml"), `[listen]\nplain = ["127.0.0.1:0"]\ntls = ["127.0.0.1:0"]\nstatus = "127.0.0.1:0"\n
[tls]\ncertificate = "certificate.pem"\nkey = "key.pem"\n[results]\nfolder = "results"\n`);
  server = spawn(edge, ["speedtest", "--config", join(dir, "speed.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  bound = {};
  let printed = "";
  await new Promise((done, fail) => {
    server.stdout.setEncoding("utf8").on("data", (chunk) => {
      printed += chunk;
      for (const [, what, address] of printed.matchAll(/^listening (\S+) (\S+)$/gm)) bound[what] = address;
      if (bound.status) done();
    });
    server.on("exit", (code) => fail(new Error(`the edge ended with ${code}`)));
  });
}

before(async () => {
  await begin();
  pages = createServer(async (request, response) => {
    const name = request.url.split("/").pop();
    const isScript = /^ndt7[\w-]*\.js$/.test(name);
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? await readFile(join(library, name)) : "<!doctype html><script src=ndt7.js></script>");
  });
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
  page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await page.goto(`http://127.0.0.1:${pages.address().port}/`);
});

after(async () => {
  await browser?.close();
  pages?.close();
  if (server) {
    server.removeAllListeners("exit");
    const gone = new Promise((done) => server.on("exit", done));
    server.kill("SIGTERM");
    assert.equal(await gone, 0, "the edge ends in good order");
  }
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** A whole test of M-Lab's library; what it told. */
const measure = (protocol, address, metadata) => page.evaluate(async ([protocol, server, metadata]) => {
  const told = { errors: [], complete: {}, measurements: { download: 0, upload: 0 } };
  told.code = await ndt7.test(
    { server, protocol, mlabDataPolicyInapplicable: true, downloadworkerfile: "ndt7-download-worker.js", uploadworkerfile: "ndt7-upload-worker.js", metadata },
    {
      error: (error) => told.errors.push(String(error)),
      downloadMeasurement: (data) => { if (data.Source === "server") told.measurements.download += 1; },
      uploadMeasurement: (data) => { if (data.Source === "server") told.measurements.upload += 1; },
      downloadComplete: (data) => { told.complete.download = data; },
      uploadComplete: (data) => { told.complete.upload = data; },
    },
  );
  return told;
}, [protocol, address, metadata]);

/** The results with this ticket, when there are two: they are written after the client has gone. */
async function results(ticket) {
  for (;;) {
    const files = await readdir(join(dir, "results"));
    const texts = await Promise.all(files.sort().map((file) => readFile(join(dir, "results", file), "utf8")));
    const lines = texts.join("").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
    const ours = lines.filter((line) => line.Metadata.ticket === ticket);
    if (ours.length >= 2) return ours;
    await new Promise((done) => setTimeout(done, 100));
  }
}

for (const [protocol, port, more] of [["ws", "plain", {}], ["wss", "tls", {}], ["wss", "tls", { seconds: "3" }]]) {
  test(`@m-lab/ndt7 in Chromium by ${protocol}${more.seconds ? ", short" : ""}`, async () => {
    const address = bound[port].replace("127.0.0.1", "localhost");
    const ticket = `${protocol}${more.seconds ?? ""}`;
    const told = await measure(protocol, address, { ticket, ...more });
    assert.deepEqual([told.code, told.errors], [0, []]);
    for (const test of ["download", "upload"]) {
      assert.ok(told.measurements[test] > 1, `${told.measurements[test]} measurements of the ${test}`);
      const last = told.complete[test].LastServerMeasurement;
      assert.ok(last.ConnectionInfo.UUID && last.TCPInfo.MinRTT > 0 && last.TCPInfo.ElapsedTime > 0, JSON.stringify(last));
    }
    const ours = await results(ticket);
    assert.deepEqual(ours.map((line) => line.Test).sort(), ["download", "upload"]);
    for (const line of ours) {
      assert.deepEqual([line.Summary.End, line.Summary.Short, line.Summary.TLS], ["complete", Boolean(more.seconds), protocol === "wss"], JSON.stringify(line));
      assert.ok(line.Summary.BitsPerSecond > 1e6);
      assert.equal(line.Metadata.client_library_name, "ndt7-js");
      assert.ok(!JSON.stringify(line).includes("127.0.0.1"));
    }
  });
}

test("ndt7-client, an independent program", async (context) => {
  const run = promisify(execFile);
  try {
    await run(client, ["--help"]);
  } catch {
    return context.skip(`${client} is not installed`);
  }
  for (const more of [["--server", bound.plain, "--no-tls"], ["--server", bound.tls, "--no-verify"]]) {
    const { stdout } = await run(client, ["--no-locate", "--format", "json", "--quiet", ...more]);
    const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const summary = JSON.stringify(events.at(-1));
    const speeds = [...summary.matchAll(/"ThroughputMbps":([\d.]+)/g)].map(([, mbps]) => Number(mbps));
    assert.ok(speeds.length === 2 && speeds.every((mbps) => mbps > 1), stdout);
  }
});
