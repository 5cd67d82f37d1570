// When a snoozed conversation comes back: in the agent's own time zone, at nine in the morning.
export function snoozeTimes(now: Date): { key: "hour" | "threeHours" | "tomorrow" | "monday"; at: Date }[] {
  const later = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);
  const nine = (days: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { key: "hour", at: later(1) },
    { key: "threeHours", at: later(3) },
    { key: "tomorrow", at: nine(1) },
    ...(toMonday === 1 ? [] : [{ key: "monday" as const, at: nine(toMonday) }]),
  ];
}
