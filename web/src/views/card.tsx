// One instrument: its figure now (or under the cursor), its chart, and what its lines are.

import type { History } from "../model/history";
import type { Instrument, Line } from "../model/instruments";
import { format, join, type Text } from "../model/units";
import { Chart, type Span } from "./chart";
import { Figure } from "./figure";

/** More lines than this in one chart cannot be told apart. */
const MOST_LINES = 8;
const MOST_LINES_LARGE = 24;
/** Of a histogram with too many lines, the quantile that is shown. */
const TYPICAL_QUANTILE = 0.95;
/** Values older than this many intervals are no longer "now". */
const STALE_INTERVALS = 3;

interface Props {
  instrument: Instrument;
  history: History;
  span: Span;
  cursor: number | null;
  /** When the page was paused, seconds; null while it is live. */
  pausedAt: number | null;
  large: boolean;
  onFocus: () => void;
  onCursor: (time: number | null) => void;
  onZoom: (span: Span) => void;
  onReset: () => void;
}

export function Card(props: Props) {
  const { instrument, history, span, cursor, large } = props;
  const lines = strongest(instrument.lines, history, large ? MOST_LINES_LARGE : MOST_LINES);
  const hidden = instrument.lines.length - lines.length;
  const read = (id: number): Text =>
    format(valueAt(history, id, cursor ?? props.pausedAt), instrument.unit, instrument.rate);
  const single = instrument.lines.length === 1 ? instrument.lines[0] : undefined;
  const [title, subtitle] = headings(instrument);
  return (
    <article class={large ? "card large" : "card"} data-counter={instrument.key}>
      <header>
        <h3>
          <button type="button" aria-expanded={large} onClick={props.onFocus} title={large ? "Show small" : "Show large"}>
            {title}
          </button>
          {subtitle !== "" && <small title={subtitle}>{subtitle}</small>}
        </h3>
        {single && <Figure text={read(single.id)} />}
      </header>
      <Chart
        history={history}
        lines={lines.map(({ id }, color) => ({ id, color }))}
        unit={instrument.unit}
        span={span}
        cursor={cursor}
        height={large ? 300 : 116}
        label={`Chart of ${instrument.title}${single ? `, now ${join(read(single.id))}` : ""}`}
        onCursor={props.onCursor}
        onZoom={props.onZoom}
        onReset={props.onReset}
      />
      {large ? (
        <Table instrument={instrument} lines={lines} read={read} hidden={hidden} history={history} span={span} />
      ) : (
        (!single || single.label !== "") && (
          <Legend instrument={instrument} lines={lines} read={read} hidden={hidden} />
        )
      )}
    </article>
  );
}

/** What people call it, and underneath what programs call it or what it says of itself. */
function headings(instrument: Instrument): [string, string] {
  if (instrument.description !== "") return [instrument.title, instrument.description];
  return [instrument.title, instrument.title === instrument.name ? "" : instrument.name];
}

interface LegendProps {
  instrument: Instrument;
  lines: Line[];
  read: (id: number) => Text;
  hidden: number;
}

function Legend({ instrument, lines, read, hidden }: LegendProps) {
  const common = instrument.commonTags.map(([key, value]) => `${key}=${value}`);
  const title = [instrument.tagKeys.join(" · "), ...common].filter((text) => text !== "").join("\n");
  return (
    <ul class="legend" aria-label={instrument.tagKeys.join(", ")} title={title}>
      {lines.map((line, index) => (
        <li key={line.id}>
          <span class={`swatch line-${index % 8}`} aria-hidden="true" />
          <span class="line-label" title={line.label}>{line.label === "" ? "all" : line.label}</span>
          <Figure text={read(line.id)} />
        </li>
      ))}
      {hidden > 0 && <li class="more">and {hidden} more</li>}
    </ul>
  );
}

interface TableProps extends LegendProps {
  history: History;
  span: Span;
}

/** The legend of a large chart: what each line is now, and its least, mean and most of what is in view. */
function Table({ instrument, lines, read, hidden, history, span }: TableProps) {
  const write = (value: number | null) => <Figure text={format(value, instrument.unit, instrument.rate)} />;
  return (
    <>
      <table class="statistics">
        <thead>
          <tr>
            <th scope="col">{instrument.tagKeys.join(" · ")}</th>
            <th scope="col">Value</th>
            <th scope="col">Least</th>
            <th scope="col">Mean</th>
            <th scope="col">Most</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => {
            const { least, mean, most } = summary(history, line.id, span);
            return (
              <tr key={line.id}>
                <th scope="row">
                  <span class={`swatch line-${index % 8}`} aria-hidden="true" />
                  {line.label === "" ? instrument.title : line.label}
                </th>
                <td>
                  <Figure text={read(line.id)} />
                </td>
                <td>{write(least)}</td>
                <td>{write(mean)}</td>
                <td>{write(most)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="hint">
        {[...instrument.commonTags.map(([key, value]) => `${key}=${value}`), hidden > 0 ? `and ${hidden} more lines` : ""]
          .filter((text) => text !== "")
          .join(" · ")}
      </p>
    </>
  );
}

export function summary(history: History, id: number, span: Span) {
  const values = history
    .column(id)
    .filter((value, index): value is number => {
      const time = history.times[index] as number;
      return value !== null && time >= span.from && time <= span.to;
    });
  if (values.length === 0) return { least: null, mean: null, most: null };
  return {
    least: Math.min(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    most: Math.max(...values),
  };
}

/** The lines with the largest values now, in their usual order; of many quantiles, those of one. */
function strongest(lines: Line[], history: History, limit: number): Line[] {
  if (lines.length <= limit) return lines;
  const typical = lines.filter((line) => line.quantile === TYPICAL_QUANTILE);
  const candidates = typical.length > 0 ? typical : lines;
  const size = (line: Line) => Math.abs(history.latest(line.id) ?? 0);
  const chosen = new Set([...candidates].sort((a, b) => size(b) - size(a)).slice(0, limit));
  return lines.filter((line) => chosen.has(line));
}

function valueAt(history: History, id: number, time: number | null): number | null {
  return time === null ? history.recent(id, STALE_INTERVALS) : history.at(id, time);
}
