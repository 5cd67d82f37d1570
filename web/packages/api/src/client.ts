// One HTTP client for REST: JSON in and out, CSRF header or bearer token, idempotency keys, problem details as ApiError.
//
//   const api = new ApiClient({ base: "/api/v1" });
//   const page = await api.get<Page<Label>>("/labels", { limit: 100 });
//   await api.post("/labels", { name: "VIP" }, { idempotencyKey: newKey() });
import { ApiError, isApiError } from "./errors";
import type { Page } from "./types";

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface ClientOptions {
  base: string;
  token?: () => string | null; // visitors: a bearer token; agents use the session's cookie
  onUnauthenticated?: () => void; // a request other than the sign-in was answered 401
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  idempotencyKey?: string;
}

export interface Upload<T> {
  done: Promise<T>;
  abort: () => void;
}

export function newKey(): string {
  // randomUUID exists in secure contexts only; an intranet without TLS is none.
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

export function queryString(query: Query = {}): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== null && v !== undefined && v !== "") q.set(k, String(v));
  const s = q.toString();
  return s ? `?${s}` : "";
}

export class ApiClient {
  csrfToken = "";

  constructor(private readonly options: ClientOptions) {}

  url(path: string, query?: Query): string {
    return this.options.base + path + queryString(query);
  }

  get<T>(path: string, query?: Query, call: CallOptions = {}): Promise<T> {
    return this.request<T>("GET", path + queryString(query), undefined, call);
  }
  post<T>(path: string, body?: unknown, call: CallOptions = {}): Promise<T> {
    return this.request<T>("POST", path, body, call);
  }
  put<T>(path: string, body: unknown, call: CallOptions = {}): Promise<T> {
    return this.request<T>("PUT", path, body, call);
  }
  patch<T>(path: string, body: unknown, call: CallOptions = {}): Promise<T> {
    return this.request<T>("PATCH", path, body, call);
  }
  delete<T = void>(path: string, call: CallOptions = {}): Promise<T> {
    return this.request<T>("DELETE", path, undefined, call);
  }

  // Every page of a list that is known to be small (teams, labels, …); stops at `max` items.
  async all<T>(path: string, query: Query = {}, max = 1000): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<T> = await this.get<Page<T>>(path, { limit: 100, ...query, cursor });
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && items.length < max);
    return items;
  }

  // A file as the request's body. XMLHttpRequest, as fetch tells nothing of an upload's progress.
  upload<T>(path: string, file: Blob, onProgress?: (share: number) => void): Upload<T> {
    const xhr = new XMLHttpRequest();
    const done = new Promise<T>((resolve, reject) => {
      xhr.open("POST", this.options.base + path);
      for (const [k, v] of Object.entries(this.headers("POST"))) xhr.setRequestHeader(k, v);
      xhr.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      xhr.upload.onprogress = (e) => e.lengthComputable && onProgress?.(e.loaded / e.total);
      xhr.onload = () => {
        try {
          resolve(this.parse<T>(xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After"), path));
        } catch (e) {
          reject(e);
        }
      };
      xhr.onerror = () => reject(new ApiError("network"));
      xhr.onabort = () => reject(new ApiError("aborted"));
      xhr.send(file);
    });
    return { done, abort: () => xhr.abort() };
  }

  private headers(method: string): Record<string, string> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const token = this.options.token?.();
    if (token) headers.Authorization = `Bearer ${token}`;
    else if (method !== "GET" && this.csrfToken) headers["X-CSRF-Token"] = this.csrfToken;
    return headers;
  }

  private async request<T>(method: string, path: string, body: unknown, call: CallOptions): Promise<T> {
    const headers = { ...this.headers(method), ...call.headers };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (call.idempotencyKey) headers["Idempotency-Key"] = call.idempotencyKey;
    let response: Response, text: string;
    try {
      response = await fetch(this.options.base + path, {
        method,
        headers,
        credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(call.signal ? { signal: call.signal } : {}),
      });
      text = await response.text();
    } catch (e) {
      throw new ApiError((e as Error)?.name === "AbortError" ? "aborted" : "network");
    }
    return this.parse<T>(response.status, text, response.headers.get("Retry-After"), path);
  }

  private parse<T>(status: number, text: string, retryAfter: string | null, path: string): T {
    if (status < 200 || status > 299) {
      const error = ApiError.of(status, text, retryAfter);
      if (isApiError(error, "unauthenticated") && !path.startsWith("/session")) this.options.onUnauthenticated?.();
      throw error;
    }
    if (!text) return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError("malformed_answer", { status });
    }
  }
}
