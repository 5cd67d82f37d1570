import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "../src/locales/en";
import zhCN from "../src/locales/zh-CN";

function flat(o: object, at = ""): Map<string, string> {
  const out = new Map<string, string>();
  for (const [k, v] of Object.entries(o)) {
    if (typeof v === "string") out.set(at + k, v);
    else for (const [k2, v2] of flat(v as object, `${at}${k}.`)) out.set(k2, v2);
  }
  return out;
}
const zh = flat(zhCN);
const english = flat(en);
const places = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!))].sort();

describe("languages", () => {
  it("have the same keys", () => {
    expect(zh.size).toBeGreaterThan(300);
    expect([...english.keys()].sort()).toEqual([...zh.keys()].sort());
  });
  it.each([...zh.keys()])("%s says something in both, with the same places", (key) => {
    expect(zh.get(key)!.trim()).not.toBe("");
    expect(english.get(key)!.trim()).not.toBe("");
    expect(places(english.get(key)!)).toEqual(places(zh.get(key)!));
  });
  it("leave no Chinese in the English", () => {
    expect([...english].filter(([, v]) => /[\u4e00-\u9fff]/.test(v))).toEqual([]);
  });

  const src = join(import.meta.dirname, "../src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((f) => /\.(vue|ts)$/.test(f));
  it("hold every key that the code names", () => {
    const missing: string[] = [];
    for (const f of files)
      for (const m of readFileSync(join(src, f), "utf8").matchAll(/\bt\(\s*"([a-zA-Z]+(?:\.[\w-]+)+)"/g))
        if (!zh.has(m[1]!)) missing.push(`${f}: ${m[1]}`);
    expect(missing).toEqual([]);
  });
  it("are not bypassed: no Chinese words in components", () => {
    const allowed = new Set(["简体中文", "中文"]);
    const found: string[] = [];
    for (const f of files.filter((x) => !x.includes("zh-CN")))
      for (const m of readFileSync(join(src, f), "utf8")
        .replace(/\/\/.*$/gm, "")
        .matchAll(/[\u4e00-\u9fff]+/g))
        if (!allowed.has(m[0])) found.push(`${f}: ${m[0]}`);
    expect(found).toEqual([]);
  });
});
