// @vitest-environment node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { brandTokens, contrast, parseHex } from "./brand";

const css = readFileSync(fileURLToPath(import.meta.url).replace("tokens.test.ts", "tokens.css"), "utf8");
function block(selector: string): Record<string, string> {
  const start = css.indexOf(selector);
  const body = css.slice(css.indexOf("{", start) + 1, css.indexOf("}", start));
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})\b/g)].map((m) => [m[1]!, m[2]!]));
}
const light = block('[data-theme="light"]');
const dark = block('[data-theme="dark"]');

const textPairs = [
  ...["bg", "surface", "surface-2", "surface-3"].flatMap((s) => ["text", "text-2"].map((t) => [t, s])),
  ...["bg", "surface", "surface-2"].map((s) => ["text-3", s]),
  ...["success", "warning", "danger", "info"].flatMap((t) => [
    [t, "surface"],
    [t, `${t}-soft`],
  ]),
  ["brand-text", "surface"],
  ["brand-text", "brand-soft"],
  ["on-brand", "brand"],
  ["on-brand", "brand-hover"],
  ["note-text", "note"],
  ["text", "mark"],
] as const;

describe.each([
  ["light", light],
  ["dark", dark],
])("tokens, %s", (_, tokens) => {
  it("defines the same names in both themes", () => {
    expect(Object.keys(tokens).length).toBeGreaterThan(30);
    expect(Object.keys(tokens).sort()).toEqual(Object.keys(light).sort());
  });
  it.each(textPairs.map(([t, s]) => [t!, s!]))("%s on %s reads (4.5:1)", (t, s) => {
    expect(contrast(parseHex(tokens[t]!)!, parseHex(tokens[s]!)!)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(["border-strong", "focus"])("%s is seen (3:1)", (t) => {
    expect(contrast(parseHex(tokens[t]!)!, parseHex(tokens.surface!)!)).toBeGreaterThanOrEqual(3);
  });
});

describe("brand colour", () => {
  const samples = ["#ff0000", "#ffee00", "#000000", "#ffffff", "#808080", "#0b7466", "#f60", "#7c3aed", "#00e5ff"];
  it.each(samples.flatMap((c) => [[c, "light"] as const, [c, "dark"] as const]))(
    "%s in %s keeps AA",
    (colour, theme) => {
      const t = brandTokens(colour, theme)!;
      const of = (name: string) => parseHex(t[name]!)!;
      expect(contrast(of("--on-brand"), of("--brand"))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of("--brand-text"), of("--brand-soft"))).toBeGreaterThanOrEqual(4.5);
    },
  );
  it("refuses what is no colour", () => expect(brandTokens("red; }", "light")).toBeNull());
});
