// Time and event streams that a test controls.

import type { Stream, Surroundings } from "../src/model/live";

export class FakeStream implements Stream {
  closed = false;
  readonly url: string;
  readonly #listeners = new Map<string, ((event: { data?: string }) => void)[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(name: string, listener: (event: { data?: string }) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  close(): void {
    this.closed = true;
  }

  fire(name: string, event: { data?: string } = {}): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event);
  }

  send(name: string, data: unknown): void {
    this.fire(name, { data: JSON.stringify(data) });
  }
}

export class World implements Surroundings {
  now = 0;
  readonly streams: FakeStream[] = [];
  #timers: { at: number; id: number; task: () => void }[] = [];
  #next = 1;

  open(url: string): FakeStream {
    const stream = new FakeStream(url);
    this.streams.push(stream);
    return stream;
  }

  setTimeout(task: () => void, milliseconds: number): number {
    const id = this.#next;
    this.#next += 1;
    this.#timers.push({ at: this.now + milliseconds, id, task });
    return id;
  }

  clearTimeout(timer: number): void {
    this.#timers = this.#timers.filter(({ id }) => id !== timer);
  }

  /** The stream opened last. */
  stream(): FakeStream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error("no stream was opened");
    return stream;
  }

  /** Lets time pass. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.now = due.at;
      this.clearTimeout(due.id);
      due.task();
    }
    this.now = end;
  }

  /** Lets time pass until something is so. */
  runUntil(so: () => boolean): void {
    for (let steps = 0; !so(); steps += 1) {
      if (steps > 100_000) throw new Error("it never came to that");
      this.run(1);
    }
  }
}
