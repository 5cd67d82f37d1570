// RFC 9457 problem details as a typed error. `code` is the server's closed set, and three of our own:
// "network" (no answer), "aborted" (the caller gave up), "malformed_answer" (the answer is not what the protocol says).

export type ErrorCode =
  | "invalid_argument"
  | "malformed"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "conflict"
  | "precondition_failed"
  | "too_large"
  | "unsupported_media"
  | "rate_limited"
  | "unavailable"
  | "deadline_exceeded"
  | "data_loss"
  | "internal"
  | "network"
  | "aborted"
  | "malformed_answer";

export interface Problem {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
  field?: string;
  request_id?: string;
}

const byStatus: Record<number, ErrorCode> = {
  400: "malformed",
  401: "unauthenticated",
  403: "permission_denied",
  404: "not_found",
  409: "conflict",
  412: "precondition_failed",
  413: "too_large",
  415: "unsupported_media",
  422: "invalid_argument",
  429: "rate_limited",
  503: "unavailable",
  504: "deadline_exceeded",
};

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number; // 0: no answer
  readonly detail: string;
  readonly field: string;
  readonly requestId: string;
  readonly retryAfterS: number | null;

  constructor(code: ErrorCode, problem: Problem = {}, retryAfterS: number | null = null) {
    super(problem.detail || problem.title || code);
    this.name = "ApiError";
    this.code = code;
    this.status = problem.status ?? 0;
    this.detail = problem.detail ?? "";
    this.field = problem.field ?? "";
    this.requestId = problem.request_id ?? "";
    this.retryAfterS = retryAfterS;
  }

  // Worth trying the very same request again.
  get transient(): boolean {
    return ["network", "rate_limited", "unavailable", "deadline_exceeded"].includes(this.code);
  }

  static of(status: number, text: string, retryAfter: string | null): ApiError {
    let problem: Problem = {};
    try {
      const parsed: unknown = JSON.parse(text);
      if (parsed && typeof parsed === "object") problem = parsed as Problem;
    } catch {
      // A proxy in between answers in HTML: the status alone tells.
    }
    const code = (problem.code as ErrorCode | undefined) ?? byStatus[status] ?? "internal";
    const seconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
    return new ApiError(code, { ...problem, status }, seconds);
  }
}

export function isApiError(e: unknown, code?: ErrorCode): e is ApiError {
  return e instanceof ApiError && (code === undefined || e.code === code);
}
