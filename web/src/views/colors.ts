// Colours that canvases need as text; the style sheet owns them.

const LINES = 8;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function property(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function lineColor(index: number): string {
  return property(`--line-${index % LINES}`);
}

export function ink(): { muted: string; grid: string } {
  return { muted: property("--muted"), grid: property("--grid") };
}

/** Calls back when the system changes between light and dark; returns what ends that. */
export function onSchemeChange(changed: () => void): () => void {
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}
