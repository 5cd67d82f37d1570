// Browser end to end, against a real `zhike demo` on a fresh data directory: npm run e2e [-- --update-images] [-- NAME]
//   ZHIKE=path/to/zhike   CHROMIUM=path/to/chromium
// The checks stand in checks.mjs; the last line is "N passed, N failed".
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { checks } from "./checks.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = process.env.ZHIKE ?? join(root, "build/release/zhike");
const only = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const startLimitMs = 120_000;

// Resolves with the address and the administrator once the server has printed both.
function startServer(data) {
  const server = spawn(binary, ["demo", "--data", data, "--listen", "127.0.0.1:0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  const ready = new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`the server did not start:\n${out}`)), startLimitMs);
    const look = (chunk) => {
      out += chunk;
      const url = /listening on (http:\/\/\S+)/.exec(out)?.[1];
      const [, email, password] = /sign in: (\S+) \/ (\S+)/.exec(out) ?? [];
      if (url && password) resolve((clearTimeout(limit), { url, email, password }));
    };
    server.stdout.on("data", look);
    server.stderr.on("data", look);
    const refuse = (why) => (clearTimeout(limit), reject(why));
    server.once("error", refuse);
    server.once("exit", (code) => refuse(new Error(`the server ended with ${code}:\n${out}`)));
  });
  const stop = () =>
    new Promise((done) => {
      if (!server.pid || server.exitCode !== null || server.signalCode !== null) return done();
      server.once("exit", done);
      server.kill("SIGTERM");
    });
  return { ready, stop };
}

const data = await mkdtemp(join(tmpdir(), "zhike-e2e-"));
const shots = join(root, "build/screenshots");
await mkdir(shots, { recursive: true });
const server = startServer(data);
let passed = 0;
let failed = 0;
let browser;
try {
  const at = await server.ready;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const world = {
    ...at,
    browser,
    shots,
    images: process.argv.includes("--update-images") ? join(root, "docs/images") : null,
  };
  for (const [name, check] of Object.entries(checks)) {
    if (only.length && !only.some((o) => name.includes(o))) continue;
    const contexts = [];
    const open = async (options = {}) => {
      const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 860 }, ...options });
      context.setDefaultTimeout(20_000);
      contexts.push(context);
      return context;
    };
    try {
      await check({ ...world, open });
      passed++;
      console.log(`ok    ${name}`);
    } catch (e) {
      failed++;
      console.log(`FAIL  ${name}\n      ${String(e?.stack ?? e).replaceAll("\n", "\n      ")}`);
      for (const [i, page] of contexts.flatMap((c) => c.pages()).entries())
        await page.screenshot({ path: join(shots, `failed-${name.replaceAll(/\W+/g, "-")}-${i}.png`) }).catch(() => {});
    }
    for (const context of contexts) await context.close();
  }
} catch (e) {
  failed++;
  console.log(`FAIL  ${e.message}`);
} finally {
  await browser?.close();
  await server.stop();
  await rm(data, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
