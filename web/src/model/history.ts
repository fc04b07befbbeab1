// What the counters of one process said, as columns over a shared time axis. The newest samples come one by one from
// the live stream; after a gap the whole is read again and replaces what is here.

import type { Counters, Sample, Series } from "../wire";

type Column = (number | null)[];

export class History {
  /** Seconds since the Unix epoch, ascending: what the charts take. */
  times: number[] = [];
  series = new Map<number, Series>();
  intervalSeconds = 1;
  /** Whether the history was read at least once. */
  loaded = false;
  /** Goes up with every change. */
  version = 0;
  /** Goes up when a series was added or changed, which is rarer. */
  seriesVersion = 0;
  #columns = new Map<number, Column>();
  readonly #retention: number;

  /** Keeps `retentionSeconds` of samples. */
  constructor(retentionSeconds: number) {
    this.#retention = retentionSeconds;
  }

  column(id: number): Column {
    return this.#columns.get(id) ?? [];
  }

  latest(id: number): number | null {
    return this.series.get(id)?.latest ?? null;
  }

  /** Takes what the controller remembers; samples that arrived since then are kept. */
  replace(counters: Counters): void {
    const [oldTimes, oldColumns] = [this.times, this.#columns];
    this.times = counters.times.map((time) => time / 1000);
    this.#columns = new Map();
    this.series = new Map();
    for (const series of counters.series) {
      this.series.set(series.id, { ...series });
      this.#columns.set(series.id, fit(counters.values[series.id] ?? [], this.times.length));
    }
    this.intervalSeconds = counters.intervalSeconds;
    this.loaded = true;
    const last = this.times.at(-1) ?? 0;
    const first = oldTimes.findIndex((time) => time > last);
    if (first >= 0) {
      for (let index = first; index < oldTimes.length; index += 1) {
        this.#push(oldTimes[index] as number, (id) => oldColumns.get(id)?.[index] ?? null);
      }
    }
    this.#trim();
    this.version += 1;
    this.seriesVersion += 1;
  }

  describe(series: Series[]): void {
    for (const one of series) {
      const known = this.series.get(one.id);
      this.series.set(one.id, { ...one, latest: one.latest ?? known?.latest ?? null });
      if (!this.#columns.has(one.id)) this.#columns.set(one.id, this.times.map(() => null));
    }
    this.version += 1;
    this.seriesVersion += 1;
  }

  /** Returns false when the sample names a series that was never described: the history must be read again. */
  append(sample: Sample): boolean {
    const time = sample.time / 1000;
    // A sample can be both in the history that was just read and in the stream.
    if (time <= (this.times.at(-1) ?? 0)) return true;
    let complete = true;
    for (const [key, value] of Object.entries(sample.values)) {
      const series = this.series.get(Number(key));
      if (series) series.latest = value;
      else complete = false;
    }
    this.#push(time, (id) => sample.values[id] ?? null);
    this.#trim();
    this.version += 1;
    return complete;
  }

  #push(time: number, value: (id: number) => number | null): void {
    this.times.push(time);
    for (const [id, column] of this.#columns) column.push(value(id));
  }

  #trim(): void {
    const newest = this.times.at(-1);
    if (newest === undefined) return;
    const keep = this.times.findIndex((time) => time >= newest - this.#retention);
    // In batches: taking one sample off the front of every column each second would move them all.
    if (keep < 60) return;
    this.times.splice(0, keep);
    for (const column of this.#columns.values()) column.splice(0, keep);
  }

  /** The newest value, if it is at most `intervals` old. */
  recent(id: number, intervals: number): number | null {
    const column = this.column(id);
    for (let index = column.length - 1; index >= Math.max(0, column.length - intervals); index -= 1) {
      const value = column[index];
      if (value !== null && value !== undefined) return value;
    }
    return null;
  }

  /** The value nearest to `time` (seconds) within one and a half intervals, looking back first. */
  at(id: number, time: number): number | null {
    const index = nearest(this.times, time);
    if (index === null) return null;
    const found = this.times[index] as number;
    if (Math.abs(found - time) > this.intervalSeconds * 1.5) return null;
    return this.column(id)[index] ?? null;
  }
}

function fit(column: Column, length: number): Column {
  if (column.length === length) return column.slice();
  return Array.from({ length }, (_, index) => column[index] ?? null);
}

/** Index of the entry of the ascending `times` that is closest to `time`. */
export function nearest(times: number[], time: number): number | null {
  if (times.length === 0) return null;
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  const before = times[low - 1];
  return before !== undefined && time - before <= (times[low] as number) - time ? low - 1 : low;
}

/** Index of the first entry of the ascending `times` at or after `time`; the length when there is none. */
export function firstAtOrAfter(times: number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
