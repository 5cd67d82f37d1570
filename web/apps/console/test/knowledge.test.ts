import { describe, expect, it } from "vitest";
import type { Article } from "@zhike/api";
import {
  emptyForm,
  formOf,
  inputOf,
  liveness,
  meaningful,
  similarQuestions,
  toLocal,
  fromLocal,
} from "../src/features/knowledge/article";
import { diffLines } from "../src/features/knowledge/diff";
import { articles } from "./double/data";
import { permissions } from "./double/data";
import { permissionsOf } from "../src/features/settings/roles";

describe("similar questions pasted", () => {
  it("drops blanks, signs, repeats and the question itself, whatever the width and case", () => {
    const pasted = "1. 退款几天到\n- 退款多久到账\n\n退款几天到？\n  ABC怎么用 \nａｂｃ怎么用";
    expect(similarQuestions(pasted, "退款多久到账？")).toEqual({ kept: ["退款几天到", "ABC怎么用"], dropped: 3 });
  });
});

describe("an article in the editor", () => {
  it("comes out as it went in", () => {
    const a: Article = { ...articles[0]!, valid_from: "2026-01-05T03:00:00.000Z" };
    const { id, ...input } = inputOf(formOf(a), a.translation_of);
    expect(id).toBe(a.id);
    expect(input).toEqual({
      category: a.category,
      question: a.question,
      similar: a.similar,
      answer: a.answer,
      valid_from: a.valid_from,
      valid_until: a.valid_until,
      channels: a.channels,
      language: a.language,
      translation_of: a.translation_of,
      status: a.status,
    });
  });
  it("sends no empty blocks", () => {
    expect(
      meaningful([
        { type: "text", text: " " },
        { type: "list", ordered: false, items: ["a", " ", ""] },
      ]),
    ).toEqual([{ type: "list", ordered: false, items: ["a"] }]);
    expect(inputOf(emptyForm()).answer).toEqual([]);
  });
  it("keeps the moment through local time", () =>
    expect(fromLocal(toLocal("2026-03-08T01:30:00.000Z"))).toBe("2026-03-08T01:30:00.000Z"));
  it.each([
    [null, null, "live"],
    ["2030-01-01T00:00:00Z", null, "scheduled"],
    [null, "2020-01-01T00:00:00Z", "expired"],
  ])("valid %s to %s is %s", (valid_from, valid_until, expected) =>
    expect(liveness({ valid_from, valid_until }, Date.UTC(2026, 0))).toBe(expected),
  );
});

describe("diff", () => {
  const show = (a: string, b: string) =>
    diffLines(a, b).map((l) => (l.same ? `=${l.left}` : `${l.left ?? ""}|${l.right ?? ""}`));
  it.each([
    ["a\nb\nc", "a\nx\nc", ["=a", "b|x", "=c"]],
    ["", "a", ["|a"]],
    ["a\nb", "b", ["a|", "=b"]],
    ["a", "a", ["=a"]],
  ])("%j to %j", (a, b, expected) => expect(show(a, b)).toEqual(expected));
  it("gives both texts back whole, for any two texts", () => {
    let seed = 7;
    const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let i = 0; i < 200; i++) {
      const make = () => Array.from({ length: 1 + random(12) }, () => "abc"[random(3)]).join("\n");
      const [a, b] = [make(), make()];
      const lines = diffLines(a, b);
      expect(lines.flatMap((l) => l.left ?? []).join("\n")).toBe(a);
      expect(lines.flatMap((l) => l.right ?? []).join("\n")).toBe(b);
      expect(lines.filter((l) => l.same).every((l) => l.left === l.right)).toBe(true);
    }
  });
  it("stays quick on long texts", () => {
    const long = (c: string) => Array.from({ length: 3000 }, (_, i) => `${c}${i}`).join("\n");
    expect(diffLines(long("a"), long("b"))).toHaveLength(3000);
  });
});

describe("roles", () => {
  it("are told the same to people and to the double", () => expect(permissionsOf).toEqual(permissions));
});
