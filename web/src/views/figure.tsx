// Small pieces that several views share: a number with its unit, a process's state, a sparkline.

import type { Shown } from "../model/store";
import type { Text } from "../model/units";

export function Figure({ text }: { text: Text }) {
  return (
    <span class="figure">
      <span class="number">{text.number}</span>
      {text.unit !== "" && <span class={glued(text.unit) ? "unit glued" : "unit"}>{text.unit}</span>}
    </span>
  );
}

function glued(unit: string): boolean {
  return unit.startsWith("%") || unit.startsWith("/");
}

const STATES: Record<Shown["state"], string> = {
  connecting: "Connecting",
  starting: "Starting",
  watching: "Watching",
  silent: "Silent",
  failed: "Failed",
  gone: "Ended",
};

export function State({ process }: { process: Shown }) {
  return <span class={`state ${process.state}`}>{STATES[process.state]}</span>;
}

const WIDTH = 100;
const HEIGHT = 28;

/** A line without axes; says its range to screen readers through the figure beside it. */
export function Sparkline({ trend, slots }: { trend: (number | null)[]; slots: number }) {
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkPath(trend, Math.max(slots, trend.length))} />
    </svg>
  );
}

/** The newest value is at the right edge, whatever is missing on the left. */
function sparkPath(trend: (number | null)[], slots: number): string {
  const present = trend.filter((value): value is number => value !== null);
  if (present.length === 0) return "";
  const top = Math.max(...present, 1e-9);
  const bottom = Math.min(0, ...present);
  let path = "";
  let pen = false;
  trend.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    const x = ((slots - trend.length + index) / Math.max(1, slots - 1)) * WIDTH;
    const y = HEIGHT - 1.5 - ((value - bottom) / (top - bottom)) * (HEIGHT - 3);
    path += `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  });
  return path;
}

export function runtimeName(version: string | null): string {
  if (version === null || version === "") return ".NET";
  // "9.0.5+e36e4d1a8f..." and "9.0.5 @Commit: ..." carry the commit, which belongs to the details.
  const number = version.split(/[+\s]/, 1)[0] ?? version;
  return /^[0-3]\./.test(number) ? `.NET Core ${number}` : `.NET ${number}`;
}
