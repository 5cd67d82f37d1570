import { describe, expect, it } from "vitest";
import type { LearningGap } from "@zhike/api";
import { chosen, fits, kindsOf, nextAt, teachable, titleOf } from "../src/features/learning/gap";

const gap = (over: Partial<LearningGap>): LearningGap => ({
  question: "能寄到火星吗",
  questions: ["能寄到火星吗"],
  volume: 1,
  kinds: { unanswered: 1 },
  handling_s: 60,
  cost_s: 60,
  replies: [],
  suggestions: [],
  conversation_id: 1,
  asked_at: null,
  ...over,
});

describe("what of a gap can be taught", () => {
  it("leaves out wordings longer than an article holds, counted in characters", () => {
    expect(fits("😀".repeat(300))).toBe(true);
    expect(fits("😀".repeat(301))).toBe(false);
    expect(teachable(gap({ questions: ["短", "长".repeat(301), "也短"] }))).toEqual(["短", "也短"]);
  });
  it("makes a title of one line that an article may have, never half a character", () => {
    expect(titleOf(" 多少钱\n  一个？ ")).toBe("多少钱 一个？");
    expect(titleOf("😀".repeat(200))).toBe("😀".repeat(160));
  });
  it("says the kinds in a fixed order and no others", () => {
    const kinds = { low_rating: 2, unanswered: 3, future: 9 } as LearningGap["kinds"];
    expect(kindsOf(gap({ kinds }))).toEqual([
      { kind: "unanswered", count: 3 },
      { kind: "low_rating", count: 2 },
    ]);
  });
});

it("ticks a proposal unless it lies nearer to another article", () => {
  const near = { article: "X2", question: "怎么开发票" };
  expect(chosen({ text: "几天退完", source: "model", near: null })).toBe(true);
  expect(chosen({ text: "开个票", source: "model", near })).toBe(false);
  expect(chosen({ text: "长".repeat(301), source: "asked", near: null })).toBe(false);
});

it.each([
  [2, 5, 2],
  [4, 4, 3],
  [0, 0, 0],
  [-1, 3, 0],
])("the row after %i of %i left is %i", (at, count, next) => expect(nextAt(at, count)).toBe(next));
