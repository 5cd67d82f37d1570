// What the checks do in common: open the shop, talk in the chat, sign in at the console, look for accessibility defects.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function openShop(world, options = {}, query = "") {
  const context = options.context ?? (await world.open(options));
  const page = await context.newPage();
  await page.goto(`${world.url}/${query}`);
  await page.waitForFunction(() => window.zhike && document.querySelector("div[data-side]"));
  await page.evaluate(() => window.zhike.open());
  const chat = page.frameLocator('iframe[src*="/widget/frame.html"]');
  await chat.locator("textarea").waitFor();
  return { context, page, chat };
}

export async function say(chat, text) {
  await chat.locator("textarea").fill(text);
  await chat.locator("textarea").press("Enter");
  await chat.locator(".row.mine", { hasText: text }).last().waitFor();
}

// Says it and waits for the next answer; its row.
export async function ask(chat, text) {
  const theirs = chat.locator(".row:not(.mine):not(.typing)");
  const before = await theirs.count();
  await say(chat, text);
  await theirs.nth(before).waitFor();
  return theirs.nth(before);
}

export async function openConsole(world, path = "", options = {}) {
  const context = await world.open(options);
  const page = await context.newPage();
  await page.goto(`${world.url}/console/sign-in`);
  await page.locator('input[name="email"]').fill(world.email);
  await page.locator('input[name="password"]').fill(world.password);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((u) => !u.pathname.endsWith("/sign-in"));
  if (path) await page.goto(`${world.url}/console/${path}`);
  return page;
}

// A request of the one who is signed in on the page; what it answers.
export const request = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const { csrf_token } = await (await fetch("/api/v1/session")).json();
      const reply = await fetch(`/api/v1${path}`, {
        method,
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf_token },
        body: body && JSON.stringify(body),
      });
      const text = await reply.text();
      return { status: reply.status, body: text ? JSON.parse(text) : null };
    },
    [method, path, body],
  );

// Serious and critical findings in the page and its frames; none is the pass.
export async function assertAccessible(page, what) {
  for (const frame of page.frames()) {
    // As an expression: the pages' policy forbids building functions from text.
    const { violations } = await frame.evaluate(`${axeSource}; axe.run(document, { iframes: false })`);
    const found = violations
      .filter((v) => v.impact === "serious" || v.impact === "critical")
      .map(
        (v) =>
          `${v.id}: ${v.nodes
            .map((n) => n.target.join(" "))
            .slice(0, 3)
            .join(", ")}`,
      );
    assert.deepEqual(found, [], `${what}, ${new URL(frame.url()).pathname}`);
  }
}

export const shot = (world, page, name) =>
  page.screenshot({ path: join(world.shots, `${name}.png`), animations: "disabled" });
