// Two texts side by side, line against line: longest common subsequence. Beyond `mostCells` (some thousand lines on both
// sides) the middle is shown as replaced as a whole: right, though not minimal, and never slow.
export interface DiffLine {
  left: string | null;
  right: string | null;
  same: boolean;
}
const mostCells = 1_000_000;

export function diffLines(left: string, right: string): DiffLine[] {
  const a = left === "" ? [] : left.split("\n");
  const b = right === "" ? [] : right.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middle = lcs(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = (line: string): DiffLine => ({ left: line, right: line, same: true });
  return [...a.slice(0, head).map(same), ...middle, ...(tail ? a.slice(-tail).map(same) : [])];
}

function lcs(a: string[], b: string[]): DiffLine[] {
  if (a.length * b.length > mostCells) return pair(a, b);
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i * width + j] =
        a[i] === b[j]
          ? best[(i + 1) * width + j + 1]! + 1
          : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
  const out: DiffLine[] = [];
  let gone: string[] = [];
  let come: string[] = [];
  const flush = (): void => {
    out.push(...pair(gone, come));
    gone = [];
    come = [];
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      flush();
      out.push({ left: a[i]!, right: b[j]!, same: true });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && best[(i + 1) * width + j]! >= best[i * width + j + 1]!))
      gone.push(a[i++]!);
    else come.push(b[j++]!);
  }
  flush();
  return out;
}

// Lines taken out beside lines put in.
function pair(gone: string[], come: string[]): DiffLine[] {
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, i) => ({
    left: gone[i] ?? null,
    right: come[i] ?? null,
    same: false,
  }));
}
