import { follow, href, type Navigate } from "../app";
import { title, type Shown, type Store } from "../model/store";
import { LIST, processRoute, type ProcessRoute, type Tab } from "../route";
import { CountersTab } from "./counters";
import { DetailsTab } from "./details";
import { runtimeName, State } from "./figure";
import { TraceTab } from "./trace";

interface Props {
  store: Store;
  route: ProcessRoute;
  navigate: Navigate;
}

const TABS: { id: Tab; label: string }[] = [
  { id: "counters", label: "Counters" },
  { id: "details", label: "Details" },
  { id: "trace", label: "Take a trace" },
];

export function ProcessView({ store, route, navigate }: Props) {
  const process = store.process(route.uid);
  const history = store.history(route.uid);
  const back = (
    <a class="back" href={href(LIST)} onClick={follow(() => navigate(LIST))}>
      <span aria-hidden="true">←</span> All processes
    </a>
  );
  if (process === null) {
    const known = store.processes !== null;
    return (
      <section class="page">
        {back}
        {known ? <NotRunning store={store} route={route} navigate={navigate} /> : <p class="empty">Loading…</p>}
      </section>
    );
  }
  return (
    <section class="page" aria-labelledby="process-title">
      {back}
      <div class="page-head">
        <h1 id="process-title">{title(process)}</h1>
        <State process={process} />
        <span class="facts">
          <span>
            pid <b>{process.pid}</b>
          </span>
          <span>{runtimeName(process.runtimeVersion)}</span>
          <span>{[process.operatingSystem, process.processArchitecture].filter(Boolean).join(" ")}</span>
        </span>
      </div>
      <Notice process={process} store={store} navigate={navigate} />
      <nav class="tabs" aria-label="Views of this process">
        {TABS.map(({ id, label }) => {
          const to: ProcessRoute = { ...route, tab: id };
          return (
            <a
              key={id}
              href={href(to)}
              aria-current={route.tab === id ? "page" : undefined}
              onClick={follow(() => navigate(to))}
            >
              {label}
            </a>
          );
        })}
      </nav>
      {route.tab === "counters" && (
        <CountersTab store={store} process={process} history={history} route={route} navigate={navigate} />
      )}
      {route.tab === "details" && <DetailsTab process={process} />}
      {route.tab === "trace" && <TraceTab process={process} />}
    </section>
  );
}

/** What is wrong with the process, in one box above everything else. */
function Notice({ process, store, navigate }: { process: Shown; store: Store; navigate: Navigate }) {
  if (process.state === "gone") {
    const time = process.endedAt === null ? "" : ` at ${new Date(process.endedAt).toLocaleTimeString()}`;
    return (
      <div class="notice" role="status">
        <p>
          <strong>This process ended{time}.</strong> What is below are its last figures; they are gone once you leave.
        </p>
        <Successors store={store} name={title(process)} except={process.uid} navigate={navigate} />
      </div>
    );
  }
  if (process.state === "failed" || process.state === "silent") {
    return (
      <div class={`notice ${process.state === "failed" ? "bad" : ""}`} role="alert">
        <p>
          <strong>No counters from this process.</strong> {sentence(process.reason ?? "the runtime gave no reason")}
        </p>
      </div>
    );
  }
  return null;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

function NotRunning({ store, route, navigate }: Props) {
  return (
    <div class="nothing">
      <h1>This process is not running any more</h1>
      <p>
        {route.name === "" ? "The process" : <b>{route.name}</b>} that this address was made for has ended, and its
        figures went with it.
      </p>
      <Successors store={store} name={route.name} except={route.uid} navigate={navigate} />
    </div>
  );
}

/** Processes of the same name that run now: most likely the one that is wanted, restarted. */
function Successors({ store, name, except, navigate }: { store: Store; name: string; except: string; navigate: Navigate }) {
  const others = (store.processes ?? []).filter(
    (process) => process.uid !== except && process.state !== "gone" && title(process) === name,
  );
  if (name === "" || others.length === 0) return null;
  return (
    <p>
      Running now under the same name:{" "}
      {others.map((process, index) => {
        const to = processRoute(process.uid, name);
        return (
          <>
            {index > 0 && ", "}
            <a key={process.uid} href={href(to)} onClick={follow(() => navigate(to))}>
              {name} ({process.pid})
            </a>
          </>
        );
      })}
    </p>
  );
}
