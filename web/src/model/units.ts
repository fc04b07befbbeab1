// What a unit means and how a number in it is written. EventCounters spell units freely ("MB", "B", "ms", "%"),
// meters use UCUM ("By", "s", "{request}"); both end up in one of four dimensions.

import type { Series } from "../wire";

export type Dimension = "bytes" | "seconds" | "percent" | "count";

export interface Unit {
  dimension: Dimension;
  /** What one of the source's units is in the dimension's base (bytes, seconds, percent, one). */
  scale: number;
  /** What is being counted, or the unit as the source spells it when it is none we know; may be empty. */
  noun: string;
}

/** A number ready to be shown, the unit apart so that it can be set in a lighter type. */
export interface Text {
  number: string;
  unit: string;
}

const KNOWN: Record<string, [Dimension, number]> = {
  "%": ["percent", 1],
  b: ["bytes", 1],
  by: ["bytes", 1],
  bytes: ["bytes", 1],
  kb: ["bytes", 1e3],
  kby: ["bytes", 1e3],
  mb: ["bytes", 1e6],
  mby: ["bytes", 1e6],
  gb: ["bytes", 1e9],
  kib: ["bytes", 1024],
  mib: ["bytes", 1024 ** 2],
  gib: ["bytes", 1024 ** 3],
  kiby: ["bytes", 1024],
  miby: ["bytes", 1024 ** 2],
  s: ["seconds", 1],
  sec: ["seconds", 1],
  seconds: ["seconds", 1],
  ms: ["seconds", 1e-3],
  msec: ["seconds", 1e-3],
  us: ["seconds", 1e-6],
  "µs": ["seconds", 1e-6],
  ns: ["seconds", 1e-9],
  min: ["seconds", 60],
  h: ["seconds", 3600],
  count: ["count", 1],
  "1": ["count", 1],
  "": ["count", 1],
};

export function unitOf(spelled: string): Unit {
  const text = spelled.trim();
  const known = KNOWN[text.toLowerCase()];
  if (known) return { dimension: known[0], scale: known[1], noun: "" };
  // UCUM annotations, "{request}", say what is counted and have no unit of their own.
  const annotation = /^\{(.+)\}$/.exec(text);
  return { dimension: "count", scale: 1, noun: annotation?.[1] ?? text };
}

/** Whether the values are changes, shown per second. */
export function isRate(series: Series): boolean {
  return series.part === "rate" || series.kind === "increment" || series.kind === "counter";
}

/** The unit of a series' values. How often a histogram recorded is a count, whatever it recorded. */
export function unitOfSeries(series: Series): Unit {
  return unitOf(series.part === "rate" ? "" : series.unit);
}

const BYTE_PREFIXES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const TIME_STEPS: [below: number, factor: number, unit: string][] = [
  [1e-6, 1e9, "ns"],
  [1e-3, 1e6, "µs"],
  [1, 1e3, "ms"],
  [120, 1, "s"],
  [7200, 1 / 60, "min"],
  [Infinity, 1 / 3600, "h"],
];

export const ABSENT: Text = { number: "–", unit: "" };

/** Writes `value`, which is in the source's own unit, for reading. */
export function format(value: number | null | undefined, unit: Unit, rate: boolean): Text {
  if (value === null || value === undefined || Number.isNaN(value)) return ABSENT;
  const base = value * unit.scale;
  const text = formatBase(base, unit);
  return rate ? { number: text.number, unit: text.unit === "" ? "/s" : `${text.unit}/s` } : text;
}

function formatBase(base: number, unit: Unit): Text {
  if (!Number.isFinite(base)) return { number: base > 0 ? "∞" : "−∞", unit: "" };
  switch (unit.dimension) {
    case "percent":
      return { number: grouped(base, Math.abs(base) < 10 ? 2 : 1), unit: "%" };
    case "bytes": {
      const step = byteStep(base);
      const scaled = base / 1024 ** step;
      return { number: step === 0 ? grouped(scaled, 0) : significant(scaled), unit: BYTE_PREFIXES[step] ?? "B" };
    }
    case "seconds": {
      if (base === 0) return { number: "0", unit: "s" };
      const size = Math.abs(base);
      // The last step reaches to infinity, so one is always found.
      const [, factor, name] = TIME_STEPS.find(([below]) => size < below) ?? [0, 1, "s"];
      return { number: significant(base * factor), unit: name };
    }
    case "count":
      return { number: Number.isInteger(base) ? grouped(base, 0) : decimals(base), unit: unit.noun };
  }
}

/** Which prefix of 1024 fits, so that 1023.6 KiB is written as 1.00 MiB and not as 1,024 KiB. */
function byteStep(bytes: number): number {
  let step = 0;
  let size = Math.abs(bytes);
  while (size >= 999.5 && step < BYTE_PREFIXES.length - 1) {
    if (step === 0 && size < 1024) break;
    size /= 1024;
    step += 1;
  }
  return step;
}

function significant(value: number): string {
  const size = Math.abs(value);
  return grouped(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function decimals(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return grouped(value, 0);
  if (size >= 100) return grouped(value, 1);
  if (size >= 0.01 || size === 0) return grouped(value, 2);
  return value.toPrecision(2).replace("-", "−");
}

const FORMATS = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

function grouped(value: number, digits: 0 | 1 | 2): string {
  const text = (FORMATS[digits] as Intl.NumberFormat).format(value).replace("-", "−");
  // Rounding may leave a zero with a sign.
  return /^−0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Steps for an axis of this dimension: powers of two for bytes, 1-2-5 for the rest. */
export function axisSteps(unit: Unit): number[] {
  const steps: number[] = [];
  if (unit.dimension === "bytes") {
    for (let power = 0; power < 56; power += 1) steps.push(2 ** power / unit.scale);
  } else {
    for (let power = -9; power < 13; power += 1) {
      for (const digit of [1, 2, 5]) steps.push((digit * 10 ** power) / unit.scale);
    }
  }
  return steps;
}

/** A tick's label: as short as can be. */
export function tick(value: number, unit: Unit): string {
  const base = value * unit.scale;
  if (base === 0) return "0";
  if (unit.dimension === "count") return compact(base);
  const text = formatBase(base, unit);
  const number = text.number.replace(/\.0+$/, "").replace(/(\.\d*?)0+$/, "$1");
  return unit.dimension === "percent" ? `${number}%` : `${number} ${text.unit}`;
}

function compact(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)} G`;
  if (size >= 1e6) return `${trim(value / 1e6)} M`;
  if (size >= 1e4) return `${trim(value / 1e3)} k`;
  return trim(value);
}

function trim(value: number): string {
  return Number(value.toPrecision(3)).toString().replace("-", "−");
}

/** One line for tooltips and screen readers. */
export function join(text: Text): string {
  return text.unit === "" || text.unit.startsWith("/") || text.unit.startsWith("%")
    ? text.number + text.unit
    : `${text.number} ${text.unit}`;
}
