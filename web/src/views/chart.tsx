// uPlot inside Preact: one chart that follows a window of time, reads values back under the cursor, and zooms by
// dragging. It is made when it first scrolls into view and draws only while it is there.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { firstAtOrAfter, nearest, type History } from "../model/history";
import { axisSteps, tick, type Unit } from "../model/units";
import { lineColor, ink, onSchemeChange } from "./colors";

/** A range of time in seconds since the Unix epoch. */
export interface Span {
  from: number;
  to: number;
}

interface Props {
  history: History;
  lines: { id: number; color: number }[];
  unit: Unit;
  span: Span;
  height: number;
  /** Time under the cursor in any chart of the page, which all of them show. */
  cursor: number | null;
  label: string;
  onCursor: (time: number | null) => void;
  onZoom: (span: Span) => void;
  onReset: () => void;
}

export function Chart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = `${props.lines.map((line) => `${line.id}:${line.color}`).join()} ${props.height}`;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new Plot(element, latest);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [shape]);

  useLayoutEffect(() => plot.current?.update());

  return (
    <div
      ref={host}
      class="chart"
      role="img"
      tabIndex={0}
      aria-label={`${props.label}. Arrow keys read values, plus and minus zoom, Escape resets.`}
      style={{ height: `${props.height}px` }}
      onKeyDown={(event) => plot.current?.key(event)}
      onBlur={() => props.onCursor(null)}
    />
  );
}

/** The smallest span that can be zoomed to, seconds. */
const SMALLEST = 2;

class Plot {
  readonly #host: HTMLDivElement;
  readonly #props: { current: Props };
  #plot: uPlot | null = null;
  #visible = false;
  #drawn = "";
  #hovered = false;
  readonly #observers: (() => void)[] = [];

  constructor(host: HTMLDivElement, props: { current: Props }) {
    this.#host = host;
    this.#props = props;
    const seen = new IntersectionObserver(
      (entries) => {
        this.#visible = entries.at(-1)?.isIntersecting ?? false;
        this.update();
      },
      { rootMargin: "200px" },
    );
    seen.observe(host);
    const sized = new ResizeObserver(() => {
      if (this.#plot && host.clientWidth > 0) {
        this.#plot.setSize({ width: host.clientWidth, height: this.#props.current.height });
      }
    });
    sized.observe(host);
    this.#observers.push(
      () => seen.disconnect(),
      () => sized.disconnect(),
      onSchemeChange(() => this.#remake()),
    );
  }

  destroy(): void {
    for (const stop of this.#observers) stop();
    this.#plot?.destroy();
    this.#plot = null;
  }

  update(): void {
    if (!this.#visible || this.#host.clientWidth === 0) return;
    const { history, span, cursor } = this.#props.current;
    const plot = (this.#plot ??= this.#make());
    const state = `${history.version} ${span.from} ${span.to}`;
    if (state !== this.#drawn) {
      this.#drawn = state;
      plot.batch(() => {
        plot.setData(this.#data(), false);
        plot.setScale("x", { min: span.from, max: span.to });
      });
    }
    if (!this.#hovered) this.#place(cursor);
  }

  key(event: KeyboardEvent): void {
    const { history, span, cursor, onCursor, onReset } = this.#props.current;
    const middle = cursor ?? span.to;
    const move = (steps: number) => {
      const index = nearest(history.times, middle);
      const time = index === null ? undefined : history.times[Math.max(0, index + steps)];
      if (time !== undefined) onCursor(Math.min(span.to, Math.max(span.from, time)));
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => move(event.shiftKey ? -10 : -1),
      ArrowRight: () => move(event.shiftKey ? 10 : 1),
      "+": () => this.#zoomAround(middle, 0.5),
      "=": () => this.#zoomAround(middle, 0.5),
      "-": () => this.#zoomAround(middle, 2),
      Escape: () => {
        onCursor(null);
        onReset();
      },
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  #zoomAround(middle: number, factor: number): void {
    const { span, onZoom } = this.#props.current;
    const from = middle - (middle - span.from) * factor;
    const to = middle + (span.to - middle) * factor;
    if (to - from >= SMALLEST) onZoom({ from, to });
  }

  /** The visible part of the columns and one point on either side, so that lines run to the edges. */
  #data(): uPlot.AlignedData {
    const { history, lines, span } = this.#props.current;
    const start = Math.max(0, firstAtOrAfter(history.times, span.from) - 1);
    const end = firstAtOrAfter(history.times, span.to) + 1;
    const times = history.times.slice(start, end);
    this.#host.dataset["points"] = String(times.length);
    this.#host.dataset["newest"] = String(times.at(-1) ?? "");
    return [times, ...lines.map(({ id }) => history.column(id).slice(start, end))];
  }

  #remake(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#drawn = "";
    this.update();
  }

  #place(cursor: number | null): void {
    const plot = this.#plot;
    if (!plot) return;
    const left = cursor === null ? -10 : plot.valToPos(cursor, "x");
    const inside = left >= 0 && left <= plot.over.clientWidth;
    plot.setCursor({ left: inside ? left : -10, top: inside ? 10 : -10 }, false);
  }

  #make(): uPlot {
    const { lines, unit, height } = this.#props.current;
    const palette = ink();
    const axis = {
      stroke: palette.muted,
      font: "11px system-ui, sans-serif",
      ticks: { show: false },
      grid: { stroke: palette.grid, width: 1 },
    };
    const plot = new uPlot(
      {
        width: this.#host.clientWidth,
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: true, y: false, setScale: false, dist: 4 },
          points: { size: 7, width: 2 },
          bind: { dblclick: () => () => (this.#props.current.onReset(), null) },
        },
        scales: { x: { time: true, auto: false }, y: { range: rangeFromZero } },
        axes: [
          { ...axis, size: 24, space: timeSpace, values: clockLabels },
          {
            ...axis,
            size: 58,
            space: 30,
            incrs: axisSteps(unit),
            values: (_, splits) => splits.map((value) => tick(value, unit)),
          },
        ],
        series: [{}, ...lines.map(({ color }, _, all) => lineOptions(color, all.length === 1))],
        hooks: {
          setCursor: [(chart) => this.#report(chart)],
          setSelect: [(chart) => this.#select(chart)],
        },
      },
      this.#data(),
      this.#host,
    );
    this.#hover(plot);
    return plot;
  }

  #hover(plot: uPlot): void {
    plot.over.addEventListener("mouseenter", () => {
      this.#hovered = true;
    });
    plot.over.addEventListener("mouseleave", () => {
      this.#hovered = false;
      this.#props.current.onCursor(null);
    });
    const touch = (event: TouchEvent) => {
      const finger = event.touches[0];
      if (!finger) return;
      const left = finger.clientX - plot.over.getBoundingClientRect().left;
      this.#props.current.onCursor(plot.posToVal(Math.max(0, left), "x"));
    };
    plot.over.addEventListener("touchstart", touch, { passive: true });
    plot.over.addEventListener("touchmove", touch, { passive: true });
  }

  #report(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    if (this.#hovered && left >= 0) this.#props.current.onCursor(plot.posToVal(left, "x"));
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const span = { from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (span.to - span.from >= SMALLEST) this.#props.current.onZoom(span);
  }
}

function lineOptions(color: number, alone: boolean): uPlot.Series {
  const stroke = lineColor(color);
  return {
    stroke,
    width: 1.5,
    ...(alone ? { fill: `${stroke}1f` } : {}),
    points: { show: true, size: 4, fill: stroke, filter: (_, series, show) => (show ? lonely(_, series) : null) },
  };
}

/** Points between two gaps, which no line would show. */
function lonely(plot: uPlot, series: number): number[] {
  const column = plot.data[series] ?? [];
  const found: number[] = [];
  const empty = (index: number) => column[index] === null || column[index] === undefined;
  for (let index = 0; index < column.length; index += 1) {
    if (!empty(index) && empty(index - 1) && empty(index + 1)) found.push(index);
  }
  return found;
}

/** Zero is always in view, so that a height means something, and noise around it is not blown up. */
function rangeFromZero(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const top = Math.max(0, max ?? 0);
  const bottom = Math.min(0, min ?? 0);
  const height = top - bottom;
  return height === 0 ? [0, 1] : [bottom - (bottom < 0 ? height * 0.08 : 0), top + height * 0.08];
}

const MINUTES = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Pixels per label at least: short windows are labelled to the second. */
function timeSpace(_: uPlot, __: number, min: number, max: number): number {
  return max - min < 150 ? 66 : 46;
}

function clockLabels(plot: uPlot, splits: number[]): string[] {
  const fine = splits.some((time) => time % 60 !== 0);
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const perSecond = plot.over.clientWidth / ((max ?? 0) - (min ?? 0));
  // A label is centred below its tick: at the right edge half of it would be cut off.
  const cut = (time: number) => ((max ?? 0) - time) * perSecond < (fine ? 18 : 8);
  return splits.map((time) => (cut(time) ? "" : (fine ? SECONDS : MINUTES).format(time * 1000)));
}

/** A time of day, to the second. */
export function clock(seconds: number): string {
  return SECONDS.format(seconds * 1000);
}
