import { describe, expect, it } from "vitest";
import type { PersonalMark } from "@zhike/api";
import { attributePath, cut, namesAPerson } from "../src/features/personal/marks";

const mark = (id: number, start: number, end: number, path = "/text"): PersonalMark => ({
  id,
  kind: "phone",
  path,
  start,
  end,
});

describe("cut", () => {
  it("counts code points, keeps the order of the text and leaves other fields' marks alone", () => {
    const text = "😀打138****5678，周*";
    const pieces = cut(text, [mark(2, 14, 16), mark(1, 2, 13), mark(3, 0, 1, "/other")], "/text");
    expect(pieces.map((p) => [p.text, p.mask?.id])).toEqual([
      ["😀打", undefined],
      ["138****5678", 1],
      ["，", undefined],
      ["周*", 2],
    ]);
    expect(cut(text, undefined, "/text")).toEqual([{ text }]);
  });
  it("never shows a mark that does not fit, and loses no text", () => {
    for (const bad of [mark(1, 3, 99), mark(1, 2, 2), mark(1, -1, 2)])
      expect(
        cut("abcdef", [bad], "/text")
          .map((p) => p.text)
          .join(""),
      ).toBe("abcdef");
    expect(cut("abcdef", [mark(1, 0, 4), mark(2, 2, 6)], "/text").filter((p) => p.mask)).toHaveLength(1);
  });
});

describe("namesAPerson", () => {
  it("knows numbers, addresses and cards in the forms people type", () => {
    for (const q of [
      "13812345678",
      "138 1234 5678",
      "+86 138-1234-5678",
      "１３８１２３４５６７８",
      "li.wei@mail.example.cn",
      "010-62345678",
      "11010519491231002X",
    ])
      expect(namesAPerson(q), q).toBe(true);
    for (const q of ["退款", "SO202606181234", "202406181234567890123", "400-800-1234", "@我", "1234567", ""])
      expect(namesAPerson(q), q).toBe(false);
  });
});

it("attribute names are escaped as in a JSON pointer", () => {
  expect(attributePath("a/b~c")).toBe("/attributes/a~1b~0c");
});
