import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import { ApiError, type FlowReport } from "@zhike/api";
import en from "../src/features/flows/en";
import zhCN from "../src/features/flows/zh-CN";
import CodeArea from "../src/features/flows/CodeArea.vue";
import { faultOf, faultsOf, nameIn, offsetOf, refusedFor, templateOf } from "../src/features/flows/flow";

const turn = { line: 9, customer: "hi", said: "one", end: "answer", failure: "" } as const;
const report = (over: Partial<FlowReport>): FlowReport => ({ passes: false, fault: null, tests: [], ...over });

describe("a flow's text", () => {
  it("gives itself its name", () => {
    for (const words of [en, zhCN]) {
      expect(nameIn(templateOf(words.template))).toBe("my_flow");
      expect(templateOf(words.template)).toContain("{order}");
    }
    expect(nameIn("# flow: no\nflow:  refund_time # yes\n")).toBe("refund_time");
    expect(nameIn("title: x")).toBe("");
  });
  it("is counted in lines from 1", () => {
    expect(offsetOf("a\nbc\nd", 1)).toBe(0);
    expect(offsetOf("a\nbc\nd", 3)).toBe(5);
    expect(offsetOf("a\nbc\nd", 9)).toBe(6);
  });
});

describe("what is wrong with it", () => {
  it("is a line and a message", () => {
    expect(faultOf("line 12: no step")).toEqual({ line: 12, message: "no step" });
    expect(faultOf("the flow is empty")).toEqual({ line: 0, message: "the flow is empty" });
  });
  it("comes from a refusal about the text and no other", () => {
    const refusal = (field: string) => new ApiError("invalid_argument", { status: 422, detail: "line 3: x", field });
    expect(refusedFor(refusal("/source"))).toEqual({ line: 3, message: "x" });
    expect(refusedFor(refusal("/name"))).toBeNull();
    expect(refusedFor(new Error("x"))).toBeNull();
  });
  it("comes from every turn that went otherwise", () => {
    const failed = { ...turn, line: 14, failure: "expected" };
    const tests = [{ name: "t", line: 7, passed: false, turns: [turn, failed] }];
    expect(faultsOf(report({ tests }))).toEqual([{ line: 14, message: "expected" }]);
    expect(faultsOf(report({ fault: { line: 2, message: "y" } }))).toEqual([{ line: 2, message: "y" }]);
    expect(faultsOf(null)).toEqual([]);
  });
});

it("the editor numbers its lines, marks the faulty one and goes to it", () => {
  const area = mount(CodeArea, {
    props: { label: "YAML", faulty: [2], modelValue: "a\nbb\nc" },
    attachTo: document.body,
  });
  expect(area.findAll("[aria-hidden] > div").map((d) => d.text())).toEqual(["1", "2", "3"]);
  expect(area.findAll(".text-danger").map((d) => d.text())).toEqual(["2"]);
  (area.vm as unknown as { goTo: (line: number) => void }).goTo(2);
  const text = area.find("textarea").element;
  expect(text.value.slice(text.selectionStart, text.selectionEnd)).toBe("bb");
  area.unmount();
});
