// @vitest-environment node
// The budgets: what a page pays for the launcher, and what the first opening costs. Built here, as it ships.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { describe, expect, it } from "vitest";

const app = (name: string): string => fileURLToPath(new URL(`../../${name}/`, import.meta.url));
async function built(name: string): Promise<Rollup.RollupOutput["output"][number][]> {
  const result = await build({
    root: app(name),
    configFile: `${app(name)}vite.config.ts`,
    logLevel: "silent",
    build: { write: false },
  });
  return [result as Rollup.RollupOutput].flat().flatMap((o) => o.output);
}
const bytes = (o: Rollup.RollupOutput["output"][number]): number =>
  gzipSync(o.type === "chunk" ? o.code : o.source, { level: 9 }).length;

describe("size, gzip", () => {
  it("loader ≤ 6 kB", async () => {
    const out = await built("loader");
    expect(out).toHaveLength(1);
    expect(bytes(out[0]!)).toBeLessThanOrEqual(6_000);
  }, 120_000);
  it("widget ≤ 80 kB before any click", async () => {
    const out = await built("widget");
    expect(out.map((o) => o.fileName)).toContain("frame.html");
    expect(out.reduce((n, o) => n + bytes(o), 0)).toBeLessThanOrEqual(80_000);
  }, 120_000);
  it("no inline script or style in the page", () => {
    const html = readFileSync(`${app("widget")}frame.html`, "utf8");
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son[a-z]+=/);
  });
});
