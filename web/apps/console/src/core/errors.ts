// Errors in the reader's words: what happened and what to do. The server's detail is added where it names a field.
import { isApiError } from "@zhike/api";
import { toast } from "@zhike/ui";
import { t, te } from "./i18n";

export function errorText(error: unknown): string {
  if (!isApiError(error)) return t("errors.internal");
  const text = te(`errors.${error.code}`) ? t(`errors.${error.code}`) : t("errors.internal");
  const detail = ["invalid_argument", "conflict", "malformed", "too_large"].includes(error.code) && error.detail;
  const id = error.requestId && error.status >= 500 ? ` (${error.requestId})` : "";
  return (detail ? `${text}${t("errors.colon")}${error.detail}` : text) + id;
}

export function toastError(error: unknown): void {
  if (!isApiError(error, "aborted") && !isApiError(error, "unauthenticated")) toast("error", errorText(error));
}

// The message for one field of a form, or the form's own when the field is not shown.
export function fieldError(error: unknown, field: string): string | null {
  return isApiError(error) && error.field.replace(/^\//, "").split("/")[0] === field
    ? error.detail || errorText(error)
    : null;
}
