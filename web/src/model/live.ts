// The one event stream of the page. Knows how to lose it and get it back; knows nothing of what it carries.

/** The part of EventSource that is used, so that tests can stand in for it. */
export interface Stream {
  addEventListener(name: string, listener: (event: { data?: string }) => void): void;
  close(): void;
}

export interface Surroundings {
  open(url: string): Stream;
  setTimeout(task: () => void, milliseconds: number): number;
  clearTimeout(timer: number): void;
}

export type ConnectionState = "connecting" | "live" | "lost";

export interface Handler {
  /** The stream is up, for the first time or again. */
  opened(): void;
  event(name: string, data: unknown): void;
  changed(state: ConnectionState): void;
}

const EVENTS = ["processes", "problems", "series", "sample", "clock", "skipped"] as const;
const FIRST_RETRY = 500;
const LAST_RETRY = 5000;
/** The controller says something at least every 5 seconds; a stream that is silent for longer is dead. */
export const SILENCE = 15_000;

export class LiveConnection {
  state: ConnectionState = "connecting";
  #url = "";
  #stream: Stream | null = null;
  #timer: number | null = null;
  #retry = FIRST_RETRY;
  readonly #around: Surroundings;
  readonly #handler: Handler;

  constructor(around: Surroundings, handler: Handler) {
    this.#around = around;
    this.#handler = handler;
  }

  /** Opens the stream at `url`, in place of any that is open. */
  connect(url: string): void {
    this.#url = url;
    this.#retry = FIRST_RETRY;
    this.#open();
  }

  /** Tries at once instead of waiting for the next turn. Does nothing while the stream is up. */
  retryNow(): void {
    if (this.state === "lost") this.#open();
  }

  close(): void {
    this.#drop();
    this.#url = "";
  }

  #open(): void {
    this.#drop();
    const stream = this.#around.open(this.#url);
    this.#stream = stream;
    stream.addEventListener("open", () => {
      if (stream !== this.#stream) return;
      this.#retry = FIRST_RETRY;
      this.#listenForSilence();
      this.#become("live");
      this.#handler.opened();
    });
    stream.addEventListener("error", () => {
      if (stream === this.#stream) this.#lose();
    });
    for (const name of EVENTS) {
      stream.addEventListener(name, (event) => {
        if (stream !== this.#stream || event.data === undefined) return;
        this.#listenForSilence();
        this.#handler.event(name, JSON.parse(event.data));
      });
    }
    // A connection that hangs before it opens is as lost as a silent one.
    this.#listenForSilence();
  }

  #listenForSilence(): void {
    this.#schedule(() => this.#lose(), SILENCE);
  }

  #lose(): void {
    this.#drop();
    this.#become("lost");
    const wait = this.#retry;
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
    this.#schedule(() => this.#open(), wait);
  }

  #schedule(task: () => void, milliseconds: number): void {
    if (this.#timer !== null) this.#around.clearTimeout(this.#timer);
    this.#timer = this.#around.setTimeout(task, milliseconds);
  }

  #drop(): void {
    if (this.#timer !== null) this.#around.clearTimeout(this.#timer);
    this.#timer = null;
    this.#stream?.close();
    this.#stream = null;
  }

  #become(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.#handler.changed(state);
  }
}
