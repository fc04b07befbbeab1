// All that the page knows, kept up to date from the controller; views read it and are told when it changed.

import { fetchCounters, liveUrl } from "../api";
import type { Clock, Counters, Process, Sample, SeriesUpdate, Skipped } from "../wire";
import { selection } from "./headlines";
import { History } from "./history";
import { LiveConnection, type ConnectionState, type Surroundings } from "./live";

/** A process as the page shows it: one that ended stays for a moment. */
export interface Shown extends Omit<Process, "state"> {
  state: Process["state"] | "gone";
  /** Controller's clock in Unix milliseconds when it was seen to be gone. */
  endedAt: number | null;
}

/** Longest window (15 minutes) and a little more, so that its left edge is never empty. */
const RETENTION = 16 * 60;
/** The list shows a sparkline of the last minute. */
const LIST_RETENTION = 75;
/** How long a process that ended stays in the list. */
export const FAREWELL = 10_000;

export type ReadCounters = (uid: string, since: number, counters: string | null) => Promise<Counters>;

export class Store {
  /** Null until the controller has answered once. */
  processes: Shown[] | null = null;
  /** Processes that are there but cannot be watched at all, one line each. */
  problems: string[] = [];
  connection: ConnectionState = "connecting";
  /** The process whose counters are all followed; null on the list. */
  target: string | null = null;
  /** Updates that the controller left out because this page was too slow. */
  skipped = 0;
  #histories = new Map<string, History>();
  #reading = new Set<string>();
  #identified = new Map<string, string>();
  #listeners = new Set<() => void>();
  #scheduled = false;
  #watching = false;
  #clockOffset = 0;
  readonly #live: LiveConnection;
  readonly #around: Surroundings;
  readonly #read: ReadCounters;

  constructor(around: Surroundings, read: ReadCounters = fetchCounters) {
    this.#around = around;
    this.#read = read;
    this.#live = new LiveConnection(around, {
      opened: () => this.#readAll(),
      event: (name, data) => this.#event(name, data),
      changed: (state) => {
        this.connection = state;
        this.#notify();
      },
    });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows one process in full, or the headlines of all. */
  watch(target: string | null): void {
    if (this.#watching && this.target === target) return;
    this.#watching = true;
    this.target = target;
    this.#histories.clear();
    this.#reading.clear();
    this.#live.connect(liveUrl(target, target === null ? selection() : null));
    this.#notify();
  }

  retryNow(): void {
    this.#live.retryNow();
  }

  history(uid: string): History | null {
    return this.#histories.get(uid) ?? null;
  }

  process(uid: string): Shown | null {
    return this.processes?.find((process) => process.uid === uid) ?? null;
  }

  /** The uid of a process that was seen under a provisional one. */
  identity(uid: string): string | null {
    return this.#identified.get(uid) ?? null;
  }

  /** The controller's clock in Unix milliseconds; this machine's may be off. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  #event(name: string, data: unknown): void {
    switch (name) {
      case "processes":
        this.#setProcesses(data as Process[]);
        break;
      case "problems":
        this.problems = data as string[];
        break;
      case "series": {
        const update = data as SeriesUpdate;
        this.#histories.get(update.uid)?.describe(update.series);
        break;
      }
      case "sample": {
        const sample = data as Sample;
        const complete = this.#histories.get(sample.uid)?.append(sample) ?? true;
        if (!complete) void this.#readHistory(sample.uid);
        break;
      }
      case "clock":
        this.#clockOffset = (data as Clock).time - Date.now();
        break;
      case "skipped":
        this.skipped += (data as Skipped).updates;
        this.#readAll();
        break;
    }
    this.#notify();
  }

  #setProcesses(processes: Process[]): void {
    const before = new Map(this.processes?.map((process) => [process.uid, process]));
    const now = this.now();
    const shown: Shown[] = processes.map((process) => ({ ...process, endedAt: null }));
    const present = new Set(processes.map((process) => process.uid));
    const byPid = new Map(processes.map((process) => [process.pid, process.uid]));
    for (const [uid, process] of before) {
      if (present.has(uid)) continue;
      // Until its runtime has answered, a process goes by another uid: the same process, not one that ended.
      const identified = byPid.get(process.pid);
      if (identified !== undefined && process.state === "connecting") {
        this.#identified.set(uid, identified);
        continue;
      }
      const endedAt = process.endedAt ?? now;
      // The one that is being looked at stays for as long as somebody looks.
      if (uid === this.target || now - endedAt < FAREWELL) {
        shown.push({ ...process, state: "gone", reason: null, endedAt });
      }
    }
    this.processes = shown.sort((a, b) => title(a).localeCompare(title(b), "en") || a.pid - b.pid);
    if (shown.some((process) => process.endedAt !== null && process.uid !== this.target)) {
      this.#around.setTimeout(() => this.#sayFarewell(), FAREWELL);
    }
    for (const process of shown) {
      if (this.target !== null && process.uid !== this.target) continue;
      const loaded = this.#histories.get(process.uid)?.loaded ?? false;
      const answered = !["gone", "connecting", "starting"].includes(process.state);
      if (answered && !loaded) void this.#readHistory(process.uid);
    }
    if (this.target === null) {
      for (const uid of this.#histories.keys()) {
        if (!shown.some((process) => process.uid === uid)) this.#histories.delete(uid);
      }
    }
  }

  #sayFarewell(): void {
    const now = this.now();
    this.processes =
      this.processes?.filter(
        ({ uid, endedAt }) => endedAt === null || uid === this.target || now - endedAt < FAREWELL - 100,
      ) ?? null;
    this.#notify();
  }

  #readAll(): void {
    for (const uid of this.#histories.keys()) {
      const known = this.process(uid);
      if (known && known.state !== "gone") void this.#readHistory(uid);
    }
  }

  async #readHistory(uid: string): Promise<void> {
    if (this.#reading.has(uid)) return;
    this.#reading.add(uid);
    const target = this.target;
    const seconds = target === null ? LIST_RETENTION : RETENTION;
    if (!this.#histories.has(uid)) this.#histories.set(uid, new History(seconds));
    try {
      const since = Math.round(this.now() - seconds * 1000);
      const counters = await this.#read(uid, since, target === null ? selection() : null);
      if (this.target !== target) return;
      this.#histories.get(uid)?.replace(counters);
    } catch {
      // The process has ended, of which the stream tells; or the controller has, of which the stream's loss does.
    } finally {
      // When the view changed meanwhile, the set belongs to the new one.
      if (this.target === target) this.#reading.delete(uid);
      this.#notify();
    }
  }

  /** Once per frame, however much arrived. */
  #notify(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#around.setTimeout(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    }, 16);
  }
}

/** What a process is called: its entry assembly where the executable is only the `dotnet` host. */
export function title(process: Pick<Process, "name" | "managedEntryPointAssemblyName">): string {
  const assembly = process.managedEntryPointAssemblyName;
  return process.name.toLowerCase().replace(/\.exe$/, "") === "dotnet" && assembly ? assembly : process.name;
}
