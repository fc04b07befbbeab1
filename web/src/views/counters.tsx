// All counters of one process, by provider, over one window of time that all charts share.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Navigate } from "../app";
import { bind, HEADLINES, headlineNow, headlineTrend } from "../model/headlines";
import type { History } from "../model/history";
import { filterGroups, group } from "../model/instruments";
import type { Shown, Store } from "../model/store";
import { ABSENT, format } from "../model/units";
import { WINDOWS, type Minutes, type ProcessRoute } from "../route";
import { Card } from "./card";
import { clock, type Span } from "./chart";
import { Figure, Sparkline } from "./figure";

interface Props {
  store: Store;
  process: Shown;
  history: History | null;
  route: ProcessRoute;
  navigate: Navigate;
}

export function CountersTab({ store, process, history, route, navigate }: Props) {
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const groups = useMemo(
    () => (history ? group(history.series.values()) : []),
    [history, history?.seriesVersion],
  );
  if (!history || (!history.loaded && groups.length === 0)) {
    return process.state === "failed" ? null : <p class="empty">Reading counters…</p>;
  }
  if (groups.length === 0) {
    return process.state === "failed" ? null : <p class="empty">No counter has said anything yet.</p>;
  }

  const change = (part: Partial<ProcessRoute>) => navigate({ ...route, ...part }, true);
  const right = pausedAt ?? rightEdge(store, process, history);
  const span: Span = route.zoom
    ? { from: route.zoom.from / 1000, to: route.zoom.to / 1000 }
    : { from: right - route.minutes * 60, to: right };
  const shown = filterGroups(groups, route.filter);
  const zoom = ({ from, to }: Span) => change({ zoom: { from: from * 1000, to: to * 1000 } });
  const count = shown.reduce((sum, one) => sum + one.instruments.length, 0);
  return (
    <>
      <Headlines history={history} live={process.state !== "gone"} />
      <div class="toolbar" role="toolbar" aria-label="Charts">
        <input
          type="search"
          class="filter"
          placeholder="Filter counters"
          aria-label="Filter counters"
          value={route.filter}
          onInput={(event) => change({ filter: event.currentTarget.value })}
        />
        <Windows minutes={route.minutes} zoomed={route.zoom !== null} choose={(minutes) => change({ minutes, zoom: null })} />
        <button
          type="button"
          class="button"
          aria-pressed={pausedAt !== null}
          onClick={() => setPausedAt(pausedAt === null ? right : null)}
        >
          {pausedAt === null ? "Pause" : "Resume"}
        </button>
        {route.zoom !== null && (
          <button type="button" class="button" onClick={() => change({ zoom: null })}>
            Reset zoom
          </button>
        )}
        <span class="reading" aria-live="off">
          {cursor !== null
            ? clock(cursor)
            : route.zoom !== null || pausedAt !== null
              ? `${clock(span.from)} – ${clock(span.to)}`
              : ""}
        </span>
      </div>
      {count === 0 && <p class="empty">No counter matches “{route.filter}”.</p>}
      {shown.map(({ provider, instruments }) => (
        <section key={provider} class="provider" aria-label={provider}>
          <h2>
            {provider} <span class="count">{instruments.length}</span>
          </h2>
          <div class="cards">
            {instruments.map((instrument) => (
              <Card
                key={instrument.key}
                instrument={instrument}
                history={history}
                span={span}
                cursor={cursor}
                pausedAt={pausedAt}
                large={route.focus === instrument.key}
                onFocus={() => change({ focus: route.focus === instrument.key ? "" : instrument.key })}
                onCursor={setCursor}
                onZoom={zoom}
                onReset={() => change({ zoom: null })}
              />
            ))}
          </div>
        </section>
      ))}
      <ScrollToFocus focus={route.focus} />
    </>
  );
}

/** The newest sample; or the time of day once samples stop coming, so that the charts show the silence. */
function rightEdge(store: Store, process: Shown, history: History): number {
  const newest = history.times.at(-1) ?? store.now() / 1000;
  if (process.state === "gone") return newest;
  const now = store.now() / 1000;
  return now - newest > history.intervalSeconds * 4 && store.connection === "live" ? Math.floor(now) : newest;
}

function Headlines({ history, live }: { history: History; live: boolean }) {
  const bound = useMemo(() => bind(history.series.values()), [history, history.seriesVersion]);
  return (
    <dl class="headlines">
      {HEADLINES.map((headline, index) => {
        const found = bound[index];
        if (!found) return null;
        const text = live ? format(headlineNow(history, found), found.unit, found.rate) : ABSENT;
        return (
          <div key={headline.id} data-headline={headline.id}>
            <dt>{headline.label}</dt>
            <dd>
              <Figure text={text} />
              <Sparkline trend={headlineTrend(history, found, 60)} slots={Math.round(60 / history.intervalSeconds)} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

interface WindowsProps {
  minutes: Minutes;
  zoomed: boolean;
  choose: (minutes: Minutes) => void;
}

function Windows({ minutes, zoomed, choose }: WindowsProps) {
  return (
    <div class="segments" role="group" aria-label="Window of time">
      {WINDOWS.map((one) => (
        <button key={one} type="button" aria-pressed={!zoomed && one === minutes} onClick={() => choose(one)}>
          {one} min
        </button>
      ))}
    </div>
  );
}

/** Brings the counter that the URL names into view: as little as needed after a click, to the middle at first. */
function ScrollToFocus({ focus }: { focus: string }) {
  const first = useRef(true);
  useEffect(() => {
    const block = first.current ? "center" : "nearest";
    first.current = false;
    if (focus !== "") document.querySelector(`[data-counter="${CSS.escape(focus)}"]`)?.scrollIntoView({ block });
  }, [focus]);
  return null;
}
