import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nextTick, ref } from "vue";
import {
  AsyncView,
  Avatar,
  Blocks,
  Button,
  CommandPalette,
  ConfirmDialog,
  Field,
  Input,
  Picker,
  SearchInput,
  Table,
  VirtualList,
  dismiss,
  linkify,
  toast,
  toasts,
  useListNav,
} from "./index";

afterEach(() => {
  document.body.innerHTML = "";
});

describe("Button", () => {
  it("is busy and cannot be pressed while loading", () => {
    const b = mount(Button, { props: { loading: true }, slots: { default: "Save" } });
    expect(b.attributes()).toMatchObject({ "aria-busy": "true", disabled: "" });
    expect(b.attributes("type")).toBe("button");
  });
});

describe("Field", () => {
  it("ties label, hint and error to the control", () => {
    const f = mount({
      components: { Field, Input },
      template: `<Field label="Name" hint="h" error="e" v-slot="{ control }"><Input v-bind="control" /></Field>`,
    });
    const input = f.get("input");
    expect(f.get("label").attributes("for")).toBe(input.attributes("id"));
    const described = input.attributes("aria-describedby")!.split(" ");
    expect(described.map((id) => f.get(`[id="${id}"]`).text())).toEqual(["h", "e"]);
    expect(input.attributes("aria-invalid")).toBe("true");
  });
});

describe("AsyncView", () => {
  const slots = { default: "content", empty: "nothing" };
  it.each([
    [{ loading: true }, "Loading…"],
    [{ loading: false, empty: true }, "nothing"],
    [{ loading: false }, "content"],
    [{ loading: false, error: new Error("boom") }, "boom"],
    [{ loading: false, error: { code: "permission_denied" } }, "No access"],
    [{ loading: true, forbidden: true }, "No access"],
  ])("%o shows %s", (props, text) => {
    expect(mount(AsyncView, { props, slots }).text()).toContain(text);
  });
  it("offers a retry after an error", async () => {
    const v = mount(AsyncView, { props: { loading: false, error: new Error("x") } });
    await v.get("button").trigger("click");
    expect(v.emitted("retry")).toHaveLength(1);
  });
});

describe("Avatar", () => {
  it.each([
    ["欧阳娜娜", 32, "娜娜"],
    ["李娜", 20, "娜"],
    ["Ada Lovelace", 32, "AL"],
    ["", 32, "?"],
  ])("%s (%i px) reads %s", (name, size, text) => expect(mount(Avatar, { props: { name, size } }).find("[data-initials]").attributes("data-initials")).toBe(text));
});

describe("Blocks", () => {
  it("never links or loads an unsafe address", () => {
    const b = mount(Blocks, {
      props: {
        blocks: [
          { type: "link", url: "javascript:alert(1)", title: "x" },
          { type: "image", url: "data:text/html,1", alt: "alt" },
          { type: "card", title: "t", text: "", image_url: "http://a/x.png", url: "javascript:1" },
          { type: "text", text: "<b>bold</b> javascript:alert(1)" },
        ],
      },
    });
    expect(b.find("a").exists()).toBe(false);
    expect(b.find("img").exists()).toBe(false);
    expect(b.text()).toContain("<b>bold</b>");
  });
  it("tells which choice was taken, only when interactive", async () => {
    const blocks = [{ type: "buttons" as const, choices: [{ id: "article:X1", label: "退款" }] }];
    const passive = mount(Blocks, { props: { blocks } });
    expect(passive.find("button").exists()).toBe(false);
    const live = mount(Blocks, { props: { blocks, interactive: true } });
    await live.get("button").trigger("click");
    expect(live.emitted("pick")).toEqual([["article:X1", "退款"]]);
  });
});

describe("linkify", () => {
  it("stops at Chinese and closing punctuation", () => {
    expect(linkify("见 https://a.example/x。谢谢 (http://b.example/y).").filter((p) => p.url)).toEqual([
      { text: "https://a.example/x", url: "https://a.example/x" },
      { text: "http://b.example/y", url: "http://b.example/y" },
    ]);
  });
  it("loses no character", () => {
    const text = "a https://a.example/?q=1, b";
    expect(
      linkify(text)
        .map((p) => p.text)
        .join(""),
    ).toBe(text);
  });
});

describe("VirtualList", () => {
  const items = Array.from({ length: 10_000 }, (_, i) => ({ id: i }));
  it("holds only the rows in view, and asks for more near the end", async () => {
    const list = mount(VirtualList<{ id: number }>, {
      props: { items, itemHeight: 50, itemKey: (x: { id: number }) => x.id, label: "l", hasMore: true },
      slots: { default: `<template #default="{ item }">{{ item.id }}</template>` },
    });
    expect(list.findAll("li").length).toBeLessThan(30);
    expect(list.emitted("nearEnd")).toBeUndefined();
    const el = list.element as HTMLElement;
    el.scrollTop = 9_990 * 50;
    await list.trigger("scroll");
    expect(list.findAll("li").at(-1)!.text()).toBe("9999");
    expect(list.emitted("nearEnd")).toBeTruthy();
  });
});

describe("list navigation", () => {
  it("goes round, chooses by Enter, and leaves composing keys alone", () => {
    const chosen: string[] = [];
    const { active, onKey } = useListNav(ref(["a", "b"]), (x) => chosen.push(x));
    const press = (key: string, init: KeyboardEventInit = {}) => onKey(new KeyboardEvent("keydown", { key, ...init }));
    press("ArrowUp");
    expect(active.value).toBe(1);
    expect(press("Enter", { isComposing: true })).toBe(false);
    press("Enter");
    expect(chosen).toEqual(["b"]);
  });
});

describe("Picker", () => {
  it("filters by what is typed and toggles by Enter", async () => {
    const options = [
      { value: 1, label: "退款" },
      { value: 2, label: "物流" },
    ];
    const p = mount(Picker<number>, {
      props: { label: "Labels", options, selected: [2], multiple: true, open: true },
      slots: { default: "<button>open</button>" },
      attachTo: document.body,
    });
    await flushPromises();
    const input = document.querySelector<HTMLInputElement>("input[role=combobox]")!;
    input.value = "物";
    input.dispatchEvent(new Event("input"));
    await nextTick();
    expect([...document.querySelectorAll("[role=option]")].map((o) => o.textContent?.trim())).toEqual(["物流"]);
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(p.emitted("toggle")).toEqual([[2, false]]);
    p.unmount();
  });
});

describe("CommandPalette", () => {
  it("runs the command found and closes", async () => {
    const run = vi.fn();
    const commands = [
      { id: "a", label: "知识库", group: "前往", keywords: "knowledge", run: () => {} },
      { id: "b", label: "设置", group: "前往", keywords: "settings", run },
    ];
    const c = mount(CommandPalette, {
      props: { label: "p", placeholder: "", commands, open: true },
      attachTo: document.body,
    });
    await flushPromises();
    const input = document.querySelector<HTMLInputElement>("input[role=combobox]")!;
    input.value = "sett";
    input.dispatchEvent(new Event("input"));
    await nextTick();
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    await nextTick();
    await nextTick();
    expect(run).toHaveBeenCalledOnce();
    expect(c.emitted("update:open")).toEqual([[false]]);
    c.unmount();
  });
});

describe("ConfirmDialog", () => {
  it("stays open and says why when the action fails", async () => {
    const action = vi.fn().mockRejectedValueOnce(new Error("taken")).mockResolvedValueOnce(undefined);
    const d = mount(ConfirmDialog, {
      props: { open: true, title: "Delete", message: "m", confirm: "Delete it", action },
      attachTo: document.body,
    });
    await flushPromises();
    const confirm = () => [...document.querySelectorAll("button")].find((b) => b.textContent?.includes("Delete it"))!;
    confirm().click();
    await flushPromises();
    expect(document.body.textContent).toContain("taken");
    expect(d.emitted("update:open")).toBeUndefined();
    confirm().click();
    await flushPromises();
    expect(d.emitted("update:open")).toEqual([[false]]);
    d.unmount();
  });
});

describe("SearchInput", () => {
  it("clears by its button and gives the focus back", async () => {
    const s = mount(SearchInput, { props: { modelValue: "abc" }, attachTo: document.body });
    await s.get("button").trigger("click");
    expect(s.emitted("update:modelValue")).toEqual([[""]]);
    expect(document.activeElement).toBe(s.get("input").element);
  });
});

describe("Table", () => {
  it("opens a row, but not when a control in it is used", async () => {
    const t = mount(Table<{ id: number }>, {
      props: {
        columns: [{ key: "id", label: "Id" }],
        rows: [{ id: 7 }],
        rowKey: (r: { id: number }) => r.id,
        label: "t",
        clickable: true,
      },
      slots: { "cell-id": `<template #cell-id="{ row }"><button>{{ row.id }}</button><i>x</i></template>` },
    });
    await t.get("button").trigger("click");
    expect(t.emitted("open")).toBeUndefined();
    await t.get("i").trigger("click");
    expect(t.emitted("open")).toEqual([[{ id: 7 }]]);
  });
});

describe("toasts", () => {
  it("go by themselves, keep at most four, and do not repeat a text", () => {
    vi.useFakeTimers();
    for (let i = 0; i < 6; i++) toast("info", `t${i}`);
    toast("error", "t5");
    expect(toasts.value.map((t) => t.text)).toEqual(["t2", "t3", "t4", "t5"]);
    vi.advanceTimersByTime(4000);
    expect(toasts.value.map((t) => t.text)).toEqual(["t5"]);
    dismiss(toasts.value[0]!.id);
    expect(toasts.value).toEqual([]);
    vi.useRealTimers();
  });
});
