// A company's brand colour made usable: the nearest shades of it that keep WCAG AA contrast, in light and in dark.

export type Rgb = readonly [number, number, number];
export type Theme = "light" | "dark";

export function parseHex(hex: string): Rgb | null {
  const m = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(hex.trim());
  if (!m) return null;
  const digits = m[1]!.length === 3 ? [...m[1]!].map((c) => c + c).join("") : m[1]!;
  return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16)) as unknown as Rgb;
}

export function toHex(rgb: Rgb): string {
  return "#" + rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");
}

// Relative luminance and contrast ratio: WCAG 2.2, "relative luminance".
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((v, i) => v + (b[i]! - v) * share) as unknown as Rgb;
}

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
const surface: Record<Theme, Rgb> = { light: white, dark: [22, 29, 28] };

// The colour itself where it clears `ratio` against `against`, else moved towards `towards` just far enough.
function until(colour: Rgb, towards: Rgb, ratio: number, against: Rgb): Rgb {
  for (let step = 0; step <= 20; step++) {
    const c = mix(colour, towards, step / 20);
    if (contrast(c, against) >= ratio) return c;
  }
  return towards;
}

// The brand tokens for one theme; null when `hex` is no colour.
export function brandTokens(hex: string, theme: Theme): Record<string, string> | null {
  const colour = parseHex(hex);
  if (!colour) return null;
  const away = theme === "light" ? black : white;
  const base = until(colour, away, 3, surface[theme]);
  const onBrand = contrast(white, base) >= 4.5 ? white : mix(base, black, 0.92);
  // A middling colour reads with neither white nor black: move it away from the text it carries.
  const brand = until(base, onBrand === white ? black : white, 4.5, onBrand);
  const soft = mix(surface[theme], brand, theme === "light" ? 0.12 : 0.2);
  return {
    "--brand": toHex(brand),
    "--brand-hover": toHex(mix(brand, onBrand === white ? black : white, 0.15)),
    "--brand-soft": toHex(soft),
    "--brand-text": toHex(until(brand, away, 4.6, soft)),
    "--on-brand": toHex(onBrand),
    "--focus": toHex(until(brand, away, 3, surface[theme])),
    "--chart-1": toHex(brand),
  };
}

// Puts the tokens on an element through the CSSOM (allowed by a strict style-src); an unusable colour leaves the defaults.
export function applyBrand(element: HTMLElement, hex: string, theme: Theme): void {
  for (const [name, value] of Object.entries(brandTokens(hex, theme) ?? {})) element.style.setProperty(name, value);
}
