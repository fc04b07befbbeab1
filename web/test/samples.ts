// Made-up processes and series for the tests.

import type { Counters, Process, Series } from "../src/wire";

export function process(uid: string, pid = 1, more: Partial<Process> = {}): Process {
  return {
    uid,
    pid,
    name: "dotnet",
    label: `app-${pid}`,
    commandLine: "dotnet App.dll",
    operatingSystem: "linux",
    processArchitecture: "x64",
    managedEntryPointAssemblyName: "App",
    runtimeVersion: "9.0.5",
    state: "watching",
    reason: null,
    ...more,
  };
}

export function series(id: number, name: string, more: Partial<Series> = {}): Series {
  return {
    id,
    source: "eventCounter",
    provider: "System.Runtime",
    name,
    displayName: name,
    description: "",
    unit: "",
    kind: "mean",
    tags: [],
    part: "value",
    quantile: null,
    latest: null,
    ...more,
  };
}

/** `columns` by name of a counter; times in seconds. */
export function counters(times: number[], columns: Record<string, (number | null)[]>, more: Partial<Series> = {}): Counters {
  const names = Object.keys(columns);
  return {
    process: process("u"),
    intervalSeconds: 1,
    series: names.map((name, id) => series(id, name, { ...more, latest: columns[name]?.at(-1) ?? null })),
    times: times.map((time) => time * 1000),
    values: Object.fromEntries(names.map((name, id) => [id, columns[name] ?? []])),
  };
}
