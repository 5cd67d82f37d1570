import { beforeEach, describe, expect, it, vi } from "vitest";
import { safeImageUrl, safeUrl, plainText } from "./blocks";
import { ApiClient } from "./client";
import { ApiError } from "./errors";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status, headers }));

describe("API client", () => {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();
  const onUnauthenticated = vi.fn();
  let api: ApiClient;
  beforeEach(() => {
    fetched.mockReset();
    onUnauthenticated.mockReset();
    vi.stubGlobal("fetch", fetched);
    api = new ApiClient({ base: "/api/v1", onUnauthenticated });
    api.csrfToken = "tok";
  });
  const headers = () => fetched.mock.calls.at(-1)![1].headers as Record<string, string>;

  it("sends the CSRF token with writes only, and the idempotency key", async () => {
    fetched.mockImplementation(() => answer(200, {}));
    await api.get("/labels", { q: "退款", cursor: null });
    expect(fetched.mock.calls[0]![0]).toBe("/api/v1/labels?q=%E9%80%80%E6%AC%BE");
    expect(headers()["X-CSRF-Token"]).toBeUndefined();
    await api.post("/labels", { name: "a" }, { idempotencyKey: "k" });
    expect(headers()).toMatchObject({ "X-CSRF-Token": "tok", "Idempotency-Key": "k" });
  });

  it("turns problem details into a typed error", async () => {
    const problem = { status: 422, code: "invalid_argument", detail: "name is empty", field: "name", request_id: "r1" };
    fetched.mockImplementation(() => answer(422, problem));
    const e = await api.post("/labels", {}).catch((x: unknown) => x as ApiError);
    expect(e).toMatchObject({ code: "invalid_argument", field: "name", requestId: "r1", transient: false });
  });

  it("knows a proxy's error page by its status, and when to come back", async () => {
    fetched.mockImplementation(() =>
      Promise.resolve(new Response("<html>", { status: 503, headers: { "Retry-After": "3" } })),
    );
    await expect(api.get("/x")).rejects.toMatchObject({ code: "unavailable", retryAfterS: 3, transient: true });
  });

  it("tells of a lost session, but not of a refused sign-in", async () => {
    fetched.mockImplementation(() => answer(401, { code: "unauthenticated" }));
    await api.post("/session", {}).catch(() => {});
    expect(onUnauthenticated).not.toHaveBeenCalled();
    await api.get("/labels").catch(() => {});
    expect(onUnauthenticated).toHaveBeenCalledOnce();
  });

  it("names a lost network", async () => {
    fetched.mockImplementation(() => Promise.reject(new TypeError("failed")));
    await expect(api.get("/x")).rejects.toMatchObject({ code: "network", status: 0 });
  });

  it("follows cursors to the end", async () => {
    fetched.mockImplementationOnce(() => answer(200, { items: [1], next_cursor: "c" }));
    fetched.mockImplementationOnce(() => answer(200, { items: [2], next_cursor: null }));
    expect(await api.all("/teams")).toEqual([1, 2]);
    expect(fetched.mock.calls[1]![0]).toContain("cursor=c");
  });
});

describe("blocks", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "//evil.example", " javascript:x", "x"])(
    "does not link %s",
    (url) => {
      expect(safeUrl(url)).toBeNull();
      expect(safeImageUrl(url)).toBeNull();
    },
  );
  it.each(["https://a.example/x", "/api/v1/attachments/3", "tel:+86400", "mailto:a@b.c"])("links %s", (url) =>
    expect(safeUrl(url)).toBe(url),
  );
  it("reads as plain text", () => {
    expect(
      plainText([
        { type: "text", text: "a" },
        { type: "list", ordered: true, items: ["b", "c"] },
        { type: "buttons", choices: [{ id: "1", label: "d" }] },
      ]),
    ).toBe("a\n1. b\n2. c\n[d]");
  });
});
