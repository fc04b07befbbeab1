// What the controller's /api/v1 sends. openapi.json describes the same shapes.

/** `starting`: left alone until it has settled. `silent`: connected, but nothing came for several intervals. */
export type ProcessState = "connecting" | "starting" | "watching" | "silent" | "failed";

export interface Process {
  /** The runtime instance cookie: survives nothing, is never reused. */
  uid: string;
  pid: number;
  name: string;
  /** The stable `process` label that /metrics uses. */
  label: string;
  commandLine: string | null;
  operatingSystem: string | null;
  processArchitecture: string | null;
  managedEntryPointAssemblyName: string | null;
  runtimeVersion: string | null;
  state: ProcessState;
  /** Why it failed or is silent, for people. */
  reason: string | null;
}

export type Source = "eventCounter" | "meter";
export type Kind = "mean" | "increment" | "counter" | "upDownCounter" | "gauge" | "histogram";

/** Which of its figures: the value, a quantile of a histogram, or how often a histogram recorded. */
export type Part = "value" | "quantile" | "rate";

/** One line on a chart. */
export interface Series {
  id: number;
  source: Source;
  provider: string;
  name: string;
  displayName: string;
  description: string;
  unit: string;
  kind: Kind;
  /** Pairs in the order sent. */
  tags: [key: string, value: string][];
  part: Part;
  /** 0 to 1 where the part is a quantile. */
  quantile: number | null;
  /** The last value. Changes (kinds increment and counter, part rate) are per second. */
  latest: number | null;
}

/** Columns that belong together: `values[id][i]` was read at `times[i]`. */
export interface Counters {
  process: Process;
  intervalSeconds: number;
  series: Series[];
  /** Unix milliseconds, ascending. */
  times: number[];
  values: Record<string, (number | null)[]>;
}

export interface SeriesUpdate {
  uid: string;
  series: Series[];
}

export interface Sample {
  uid: string;
  /** Unix milliseconds. */
  time: number;
  values: Record<string, number>;
}

export interface Clock {
  /** Unix milliseconds at the controller. */
  time: number;
}

/** Sent when the page was too slow. */
export interface Skipped {
  updates: number;
}

/** An application/problem+json answer. */
export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
}
