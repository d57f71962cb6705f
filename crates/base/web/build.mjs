// Builds what the program embeds, from this folder into dist/: `npm ci --ignore-scripts && node build.mjs`.
// Never called by Cargo; dist/ must be filled before `cargo build`.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const out = new URL("dist/", import.meta.url).pathname;
await mkdir(out, { recursive: true });

const common = { bundle: true, minify: true, outdir: out, legalComments: "none", logLevel: "info" };
await build({ ...common, entryPoints: { evenfield: "src/evenfield.css", lending: "src/lending.css", maplibre: "maplibre-gl/dist/maplibre-gl.css" }, loader: { ".svg": "dataurl" } });
await build({ ...common, entryPoints: { map: "src/map.js", plans: "src/plans.js", sign: "src/sign.js", kiosk: "src/kiosk.js", counter: "src/counter.js" }, format: "esm", target: "es2022" });

// MapLibre starts its worker from a file of its own: the content policy allows `worker-src 'self'`.
await copyFile("node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", `${out}map-worker.mjs`);
await copyFile("node_modules/maplibre-gl/LICENSE.txt", `${out}map-license.txt`);
await copyFile("src/icon.svg", `${out}icon.svg`);
