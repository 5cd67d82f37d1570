// What the flow screens share: the name a text gives itself, the line a message speaks of, what a new flow starts from.
import { isApiError, type FlowReport } from "@zhike/api";

export interface Fault {
  line: number; // 0: of the whole
  message: string;
}

export const nameIn = (source: string): string => /^flow:[ \t]*(\S*)/m.exec(source)?.[1] ?? "";

// "line 12: …" of the server, in its two parts.
export function faultOf(message: string): Fault {
  const m = /^line (\d+): ([\s\S]*)$/.exec(message);
  return m ? { line: Number(m[1]), message: m[2]! } : { line: 0, message };
}

// The fault in the text that a refusal names; null when it is about something else.
export const refusedFor = (error: unknown): Fault | null =>
  isApiError(error) && error.field === "/source" ? faultOf(error.detail) : null;

export const faultsOf = (report: FlowReport | null): Fault[] =>
  !report
    ? []
    : report.fault
      ? [report.fault]
      : report.tests.flatMap((t) =>
          t.turns.filter((u) => u.failure).map((u) => ({ line: u.line, message: u.failure })),
        );

// Offset of the first character of a line, counted from 1; of the end for a line that is not there.
export function offsetOf(source: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    const next = source.indexOf("\n", at);
    if (next < 0) return source.length;
    at = next + 1;
  }
  return at;
}

// What a new flow starts from; in the languages, braces are written %so%: they mean something else there.
export const templateOf = (words: string): string => words.replace(/%(\w+)%/g, "{$1}");
