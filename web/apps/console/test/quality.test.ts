import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import { i18n, setLocale } from "../src/core/i18n";
import { useSession } from "../src/core/session";
import QualityView from "../src/features/quality/QualityView.vue";
import { curveOf, nearest, rounded, shown } from "../src/features/quality/quality";
import { qualityFigures, quality } from "./double/data";
import { Double } from "./double/double";

describe("figures", () => {
  it("say what each was counted on", () => {
    expect(shown(qualityFigures, "precision")).toMatchObject({ k: 60, n: 61, low: 0.913, high: 0.997 });
    expect(shown(qualityFigures, "coverage")).toMatchObject({ k: 60, n: 150 });
    expect(shown(qualityFigures, "reach")).toMatchObject({ k: 139, n: 150 });
  });
  it("draw no precision where nothing was answered", () => {
    const none = { threshold: 0.99, answered: 0, precision: null, coverage: 0, reach: 0.5 };
    const c = curveOf([...quality(0.98).curve, none]);
    expect(c.categories).toEqual(["0.50", "0.80", "0.90", "0.95"]);
    expect(c.values.precision).toEqual([80, 85, 90, 95]);
  });
  it("mark the nearest drawn threshold, and none where nothing is promised", () => {
    expect(nearest(["0.50", "0.90", "0.95"], 0.94)).toBe("0.95");
    expect(nearest(["0.50"], null)).toBeNull();
    expect(nearest([], 0.9)).toBeNull();
  });
  it("know a target again after a slider's sums", () => expect(rounded(0.8 + 0.005 * 36)).toBe(0.98));
});

enableAutoUnmount(afterEach);
describe("the page", () => {
  let double: Double;
  const asked: string[] = [];
  beforeEach(async () => {
    setActivePinia(createPinia());
    await setLocale("zh-CN");
    double = new Double();
    asked.length = 0;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      asked.push(`${init.method} ${url}`);
      const a = double.handle(init.method!, url, init.body ? JSON.parse(init.body as string) : null, init.headers);
      return new Response(a.body === undefined ? null : JSON.stringify(a.body), { status: a.status });
    });
    await useSession().signIn("lina@shop.example", "demo-password");
  });
  const open = async () => {
    const nowhere = { template: "<i />" };
    const routes = [
      { path: "/", component: nowhere },
      { path: "/conversations/:id", name: "conversations", component: nowhere },
    ];
    const router = createRouter({ history: createMemoryHistory(), routes });
    const page = mount(QualityView, {
      attachTo: document.body,
      global: { plugins: [i18n, router], stubs: { Chart: true } },
    });
    await flushPromises();
    return page;
  };

  it("shows figures with intervals and what they are measured on", async () => {
    const page = await open();
    expect(page.text()).toContain("95% 区间 91.3% – 99.7%");
    expect(page.text()).toContain("60 / 61 的直接回答是对的");
    expect(page.text()).toContain("从 218 条相似问中抽取 150 条");
    expect(page.text()).toContain("客户的说法更多样");
    expect(page.text()).toContain("没有问题的结果会改变");
  });
  it("asks for the target of the slider and shows what would change, with its conversation", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const page = await open();
    await page.get("input[type=range]").setValue("0.95");
    vi.runAllTimers();
    vi.useRealTimers();
    await flushPromises();
    expect(asked.some((a) => a.includes("/knowledge/quality?target=0.95"))).toBe(true);
    expect(page.text()).toContain("退货要多久");
    expect(page.get("section[aria-label=会改为直接回答] a").attributes("href")).toContain("/conversations/");
    expect(page.text()).toContain("反问 → 直接回答");
  });
  it("applies nothing without a confirmation", async () => {
    const page = await open();
    await page.get("input[type=range]").setValue("0.95");
    const apply = page.findAll("button").find((b) => b.text() === "改为 95.0%")!;
    await apply.trigger("click");
    await flushPromises();
    expect(asked.some((a) => a.startsWith("PATCH"))).toBe(false);
    const sure = [...document.querySelectorAll<HTMLButtonElement>("[role=dialog] button")];
    sure.find((b) => b.textContent!.includes("改为 95.0%"))!.click();
    await flushPromises();
    expect(asked.filter((a) => a.startsWith("PATCH"))).toHaveLength(1);
  });
  it("says why nothing is shown", async () => {
    double.failNext = {
      status: 403,
      body: {
        type: "about:blank",
        title: "",
        status: 403,
        code: "permission_denied",
        detail: "",
        field: "",
        request_id: "r",
      },
    };
    const page = await open();
    expect(page.find("input[type=range]").exists()).toBe(false);
    expect(page.text()).toContain("No access");
  });
});
