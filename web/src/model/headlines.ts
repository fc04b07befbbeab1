// The few figures that say how a process is doing, wherever its runtime gets them from: EventCounters (every
// version) or the System.Runtime meter (.NET 9 and later). A table, so that a figure is added by adding a row.

import type { Part, Series } from "../wire";
import { firstAtOrAfter, type History } from "./history";
import { isRate, unitOf, unitOfSeries, type Unit } from "./units";

interface Origin {
  provider: string;
  name: string;
  /** Divides by the value of another counter of the same provider, and makes it a percentage. */
  percentOf?: string;
  /** Which figure of the counter; its value if not given. */
  part?: Part;
}

export interface Headline {
  id: string;
  label: string;
  /** For column heads. */
  short: string;
  /** The unit that the figure is shown in when it differs from its origin's. */
  unit?: string;
  rate?: boolean;
  /** The first origin that the process has wins. Series that differ in tags only are added up. */
  origins: Origin[];
}

const RUNTIME = "System.Runtime";
const HOSTING = "Microsoft.AspNetCore.Hosting";

export const HEADLINES: Headline[] = [
  {
    id: "cpu",
    label: "CPU",
    short: "CPU",
    unit: "%",
    rate: false,
    origins: [
      { provider: RUNTIME, name: "cpu-usage" },
      { provider: RUNTIME, name: "dotnet.process.cpu.time", percentOf: "dotnet.process.cpu.count" },
    ],
  },
  {
    id: "memory",
    label: "Working set",
    short: "Memory",
    origins: [
      { provider: RUNTIME, name: "working-set" },
      { provider: RUNTIME, name: "dotnet.process.memory.working_set" },
    ],
  },
  {
    id: "heap",
    label: "GC heap",
    short: "GC heap",
    origins: [
      { provider: RUNTIME, name: "gc-heap-size" },
      { provider: RUNTIME, name: "dotnet.gc.last_collection.heap.size" },
    ],
  },
  {
    id: "allocations",
    label: "Allocation rate",
    short: "Allocations",
    origins: [
      { provider: RUNTIME, name: "alloc-rate" },
      { provider: RUNTIME, name: "dotnet.gc.heap.total_allocated" },
    ],
  },
  {
    id: "exceptions",
    label: "Exceptions",
    short: "Exceptions",
    origins: [
      { provider: RUNTIME, name: "exception-count" },
      { provider: RUNTIME, name: "dotnet.exceptions" },
    ],
  },
  {
    id: "requests",
    label: "Requests",
    short: "Requests",
    origins: [
      { provider: HOSTING, name: "requests-per-second" },
      { provider: HOSTING, name: "http.server.request.duration", part: "rate" },
    ],
  },
];

/** Everything the table reads, in the grammar of `--counters`: what the list of processes asks the stream for. */
export function selection(): string {
  const names = new Map<string, string[]>();
  for (const { origins } of HEADLINES) {
    for (const { provider, name, percentOf } of origins) {
      const list = names.get(provider) ?? [];
      list.push(name);
      if (percentOf) list.push(percentOf);
      names.set(provider, list);
    }
  }
  return [...names].map(([provider, list]) => `${provider}[${list.join(",")}]`).join(",");
}

/** A headline tied to the series of one process. */
export interface Bound {
  headline: Headline;
  unit: Unit;
  rate: boolean;
  ids: number[];
  /** Series to divide by, for a percentage of something. */
  divisor: number | null;
}

/** The headlines that a process has, in the table's order; null where it has none. */
export function bind(series: Iterable<Series>): (Bound | null)[] {
  const all = [...series];
  return HEADLINES.map((headline) => {
    for (const origin of headline.origins) {
      const matching = all.filter((one) => matches(one, origin));
      const first = matching[0];
      if (!first) continue;
      const divisor = origin.percentOf
        ? all.find((one) => one.provider === origin.provider && one.name === origin.percentOf)
        : undefined;
      if (origin.percentOf && !divisor) continue;
      return {
        headline,
        unit: headline.unit === undefined ? unitOfSeries(first) : unitOf(headline.unit),
        rate: headline.rate ?? isRate(first),
        ids: matching.map((one) => one.id),
        divisor: divisor?.id ?? null,
      };
    }
    return null;
  });
}

function matches(series: Series, origin: Origin): boolean {
  if (series.provider !== origin.provider || series.name !== origin.name) return false;
  return series.part === (origin.part ?? "value");
}

/** The figure at one index of the history. */
export function headlineAt(history: History, bound: Bound, index: number): number | null {
  let sum: number | null = null;
  for (const id of bound.ids) {
    const value = history.column(id)[index];
    if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
  }
  if (sum === null || bound.divisor === null) return sum;
  const divisor = history.column(bound.divisor)[index] ?? history.latest(bound.divisor);
  return divisor ? (sum / divisor) * 100 : null;
}

/** The figure now: the newest one that is at most a few intervals old. */
export function headlineNow(history: History, bound: Bound): number | null {
  for (let back = 1; back <= 3; back += 1) {
    const value = headlineAt(history, bound, history.times.length - back);
    if (value !== null) return value;
  }
  return null;
}

/** The figure over the last `seconds`, for a sparkline. */
export function headlineTrend(history: History, bound: Bound, seconds: number): (number | null)[] {
  const newest = history.times.at(-1);
  if (newest === undefined) return [];
  const start = firstAtOrAfter(history.times, newest - seconds);
  const trend: (number | null)[] = [];
  for (let index = start; index < history.times.length; index += 1) trend.push(headlineAt(history, bound, index));
  return trend;
}
