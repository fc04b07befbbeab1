import { follow, href, type Navigate } from "../app";
import { bind, HEADLINES, headlineNow, headlineTrend, type Bound } from "../model/headlines";
import type { History } from "../model/history";
import { title, type Shown, type Store } from "../model/store";
import { ABSENT, format } from "../model/units";
import { processRoute, type ListRoute } from "../route";
import { Figure, runtimeName, Sparkline, State } from "./figure";

interface Row {
  process: Shown;
  history: History | null;
  bound: (Bound | null)[];
  values: (number | null)[];
}

interface Props {
  store: Store;
  route: ListRoute;
  navigate: Navigate;
}

export function ProcessList({ store, route, navigate }: Props) {
  if (store.processes === null) return <Waiting store={store} />;
  if (store.processes.length === 0) return <NothingVisible problems={store.problems} />;
  const rows = sorted(store.processes.filter((one) => matches(one, route.filter)).map((one) => row(store, one)), route.sort);
  const running = store.processes.filter((process) => process.state !== "gone").length;
  const change = (part: Partial<ListRoute>) => navigate({ ...route, ...part }, true);
  return (
    <section class="page" aria-labelledby="list-title">
      <div class="page-head">
        <h1 id="list-title">Processes</h1>
        <span class="count">{running}</span>
        <input
          type="search"
          class="filter"
          placeholder="Filter by name, pid or command line"
          aria-label="Filter processes"
          value={route.filter}
          onInput={(event) => change({ filter: event.currentTarget.value })}
        />
      </div>
      <table class="processes">
        <thead>
          <tr>
            <Head label="Process" id="name" sort={route.sort} change={change} />
            <Head label="Runtime" id="runtime" sort={route.sort} change={change} />
            {HEADLINES.map((headline) => (
              <Head key={headline.id} label={headline.short} id={headline.id} sort={route.sort} change={change} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <ProcessRow key={one.process.uid} row={one} navigate={navigate} />
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">No process matches “{route.filter}”.</p>}
      <Problems problems={store.problems} />
    </section>
  );
}

function ProcessRow({ row: { process, history, bound, values }, navigate }: { row: Row; navigate: Navigate }) {
  const target = processRoute(process.uid, title(process));
  const go = () => navigate(target);
  return (
    <tr class={process.state} data-uid={process.uid} data-pid={process.pid} onClick={(event) => rowClick(event, go)}>
      <td class="who">
        <a href={href(target)} onClick={follow(go)}>
          {title(process)}
        </a>{" "}
        <span class="pid">{process.pid}</span>{" "}
        {process.state !== "watching" && <State process={process} />}
        {process.reason ? (
          <span class="reason">{process.reason}</span>
        ) : (
          <span class="command" title={process.commandLine ?? ""}>
            {process.commandLine}
          </span>
        )}
      </td>
      <td class="runtime">{runtimeName(process.runtimeVersion)}</td>
      {HEADLINES.map((headline, index) => {
        const found = bound[index];
        const text = found ? format(values[index], found.unit, found.rate) : ABSENT;
        return (
          <td key={headline.id} class={`value ${found ? "" : "none"}`} data-label={headline.short} data-headline={headline.id}>
            <Figure text={text} />
            {headline.id === "cpu" && history && found && (
              <Sparkline trend={headlineTrend(history, found, 60)} slots={Math.round(60 / history.intervalSeconds)} />
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** The whole row is a target for the mouse; keyboards and screen readers have the link in it. */
function rowClick(event: MouseEvent, go: () => void): void {
  const selecting = (window.getSelection()?.toString() ?? "") !== "";
  if (!selecting && !(event.target as Element).closest("a, button")) follow(go)(event);
}

interface HeadProps {
  label: string;
  id: string;
  sort: string;
  change: (part: Partial<ListRoute>) => void;
}

/** First click sorts figures from the top down and names from A; the second turns it round; the third ends it. */
function Head({ label, id, sort, change }: HeadProps) {
  const text = id === "name" || id === "runtime";
  const [first, second] = text ? [id, `-${id}`] : [`-${id}`, id];
  const next = sort === first ? second : sort === second ? "" : first;
  const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  return (
    <th scope="col" class={text ? "" : "value"} aria-sort={direction}>
      <button type="button" class="sort" onClick={() => change({ sort: next })}>
        {label}
        <span class="arrow" aria-hidden="true">
          {direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}
        </span>
      </button>
    </th>
  );
}

function row(store: Store, process: Shown): Row {
  const history = store.history(process.uid);
  const bound = history ? bind(history.series.values()) : [];
  const live = process.state !== "gone";
  return {
    process,
    history,
    bound,
    values: bound.map((one) => (history && one && live ? headlineNow(history, one) : null)),
  };
}

function matches(process: Shown, filter: string): boolean {
  const text = `${title(process)} ${process.name} ${process.pid} ${process.commandLine} ${process.label}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function sorted(rows: Row[], sort: string): Row[] {
  if (sort === "") return rows;
  const direction = sort.startsWith("-") ? -1 : 1;
  const id = sort.replace(/^-/, "");
  if (id === "name") return rows.sort((a, b) => direction * title(a.process).localeCompare(title(b.process), "en"));
  if (id === "runtime") {
    const version = (one: Row) => one.process.runtimeVersion ?? "";
    return rows.sort((a, b) => direction * version(a).localeCompare(version(b), "en", { numeric: true }));
  }
  const index = HEADLINES.findIndex((headline) => headline.id === id);
  // What has no figure goes last either way. Units can differ between runtimes, so bases are compared.
  const base = (one: Row) => {
    const value = one.values[index];
    return value === null || value === undefined ? null : value * (one.bound[index]?.unit.scale ?? 1);
  };
  return rows.sort((a, b) => {
    const [left, right] = [base(a), base(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return direction * (left - right);
  });
}

function Waiting({ store }: { store: Store }) {
  return (
    <section class="page">
      <p class="empty" role="status">
        {store.connection === "lost" ? "The controller does not answer." : "Looking for .NET processes…"}
      </p>
    </section>
  );
}

/** What was found and cannot be watched. */
function Problems({ problems }: { problems: string[] }) {
  if (problems.length === 0) return null;
  return (
    <details class="problems" open={problems.length <= 5}>
      <summary>
        Found, but cannot be watched <span class="count">{problems.length}</span>
      </summary>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </details>
  );
}

function NothingVisible({ problems }: { problems: string[] }) {
  return (
    <section class="page nothing">
      <h1>No .NET process is visible</h1>
      <p>One that starts now appears here by itself.</p>
      <Problems problems={problems} />
      <p>If one is running already, check that</p>
      <ul>
        <li>it runs on .NET Core 3.1 or later: .NET Framework has no diagnostics port;</li>
        <li>
          its environment does not turn diagnostics off with <code>DOTNET_EnableDiagnostics=0</code> or{" "}
          <code>DOTNET_EnableDiagnostics_IPC=0</code>;
        </li>
        <li>pipescope runs as the same user as the process, or as root;</li>
        <li>
          both use the same <code>TMPDIR</code>: the runtime puts a socket named{" "}
          <code>dotnet-diagnostic-PID-…</code> there;
        </li>
        <li>a process in a container shares its process namespace with pipescope, or pipescope runs on the host.</li>
      </ul>
      <p>
        <code>pipescope ps</code> in a terminal says what it found and why it left something out.
      </p>
    </section>
  );
}
