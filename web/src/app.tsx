import { useCallback, useEffect, useLayoutEffect, useState } from "preact/hooks";

import { title, type Store } from "./model/store";
import { LIST, parse, print, type Route } from "./route";
import { ProcessList } from "./views/list";
import { ProcessView } from "./views/process";

/** Changes the route; `replace` leaves no entry in the browser's history. */
export type Navigate = (route: Route, replace?: boolean) => void;

/** A full address for a link: fragments alone would be resolved against <base>. */
export function href(route: Route): string {
  return location.pathname + location.search + print(route);
}

export function App({ store }: { store: Store }) {
  const [route, setRoute] = useState(() => parse(location.hash));
  useUpdates(store);

  useEffect(() => {
    const read = () => setRoute(parse(location.hash));
    window.addEventListener("hashchange", read);
    window.addEventListener("popstate", read);
    return () => {
      window.removeEventListener("hashchange", read);
      window.removeEventListener("popstate", read);
    };
  }, []);

  const navigate: Navigate = useCallback((next, replace = false) => {
    if (replace) history.replaceState(null, "", href(next));
    else history.pushState(null, "", href(next));
    setRoute(next);
    if (!replace) window.scrollTo(0, 0);
  }, []);

  const target = route.view === "process" ? route.uid : null;
  useLayoutEffect(() => store.watch(target), [store, target]);

  const identity = target === null ? null : store.identity(target);
  useEffect(() => {
    if (identity !== null && route.view === "process") navigate({ ...route, uid: identity }, true);
  }, [identity]);

  const process = target === null ? null : store.process(target);
  useEffect(() => {
    document.title = process ? `${title(process)} (${process.pid}) · pipescope` : "pipescope";
  }, [process && title(process), process?.pid]);

  return (
    <>
      <header class="bar">
        <a class="brand" href={href(LIST)} onClick={follow(() => navigate(LIST))}>
          <Mark />
          pipescope
        </a>
        <Connection store={store} />
      </header>
      {store.connection === "lost" && (
        <div class="banner" role="alert">
          <span>
            <strong>Connection lost.</strong> The figures below are the last ones received. Trying again…
          </span>
          <button type="button" class="button" onClick={() => store.retryNow()}>
            Try now
          </button>
        </div>
      )}
      <main class={store.connection === "lost" ? "stale" : ""}>
        {route.view === "list" ? (
          <ProcessList store={store} route={route} navigate={navigate} />
        ) : (
          <ProcessView key={route.uid} store={store} route={route} navigate={navigate} />
        )}
      </main>
    </>
  );
}

function Connection({ store }: { store: Store }) {
  const text = { connecting: "Connecting", live: "Live", lost: "Reconnecting" }[store.connection];
  return (
    <span class={`connection ${store.connection}`} role="status">
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M5 17h5l3-8 5 15 3.500-9 1.500 2h4" />
    </svg>
  );
}

/** A click handler for links that navigate here, but leave new tabs and windows to the browser. */
export function follow(go: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go();
  };
}

/** Renders again whenever the store has changed. */
function useUpdates(store: Store): void {
  const [, setVersion] = useState(0);
  useEffect(() => store.subscribe(() => setVersion((version) => version + 1)), [store]);
}
