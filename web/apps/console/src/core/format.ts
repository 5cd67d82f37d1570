// Times, numbers and sizes in the reader's language.
import { onScopeDispose, readonly, ref } from "vue";
import { locale, t } from "./i18n";

const formats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${name}`;
  let f = formats.get(key);
  if (!f) formats.set(key, (f = new Intl.DateTimeFormat(locale(), options)));
  return f;
}
const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

export const clock = (iso: string): string =>
  dateFormat("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(iso));
export const dateTime = (iso: string | null | undefined): string =>
  iso ? dateFormat("full", { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }).format(new Date(iso)) : "—";
export const date = (iso: string | null | undefined): string =>
  iso ? dateFormat("date", { dateStyle: "medium" }).format(new Date(iso)) : "—";
export const shortDay = (iso: string): string =>
  dateFormat("short", { month: "numeric", day: "numeric" }).format(new Date(iso));

// For lists: the time today, the day this year, the date before that.
export function listTime(iso: string | null, now = new Date()): string {
  if (!iso) return "";
  const d = new Date(iso);
  if (sameDay(d, now)) return clock(iso);
  if (d.getFullYear() === now.getFullYear()) return shortDay(iso);
  return dateFormat("numeric", { year: "numeric", month: "numeric", day: "numeric" }).format(d);
}

export function dayName(iso: string, now = new Date()): string {
  const d = new Date(iso);
  if (sameDay(d, now)) return t("time.today");
  if (sameDay(d, new Date(now.getTime() - 86_400_000))) return t("time.yesterday");
  return dateFormat("day", { year: "numeric", month: "long", day: "numeric", weekday: "short" }).format(d);
}

export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("time.seconds", { n: s });
  const min = Math.floor(s / 60);
  if (min < 60) return t("time.minutes", { n: min });
  const h = Math.floor(min / 60);
  if (h < 24) return t("time.hours", { h, m: min % 60 });
  return t("time.days", { n: Math.floor(h / 24) });
}

export const ago = (iso: string, nowMs: number): string => duration((nowMs - Date.parse(iso)) / 1000);
export const number = (n: number): string => new Intl.NumberFormat(locale()).format(n);
export const percent = (p: number, digits = 0): string =>
  new Intl.NumberFormat(locale(), {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(p);
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  return n < 1_000_000 ? `${Math.round(n / 1000)} kB` : `${(n / 1_000_000).toFixed(1)} MB`;
}

// A clock for "waiting for …", renewed every 15 s while someone looks at it.
export function useNow() {
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), 15_000);
  onScopeDispose(() => clearInterval(timer));
  return readonly(now);
}
