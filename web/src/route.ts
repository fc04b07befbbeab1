// The state of the page that is worth sending to somebody, as a URL fragment:
//
//   #/                                     the list of processes
//   #/p/UID?name=web&w=5&q=gc              one process, 5 minutes, counters that match "gc"
//   #/p/UID?from=MS&to=MS                  the same, zoomed
//   #/p/UID/details, #/p/UID/trace         the other two tabs
//
// A fragment and not a path, so that the controller can be mounted below any address.

export const WINDOWS = [1, 5, 15] as const;
export type Minutes = (typeof WINDOWS)[number];
export type Tab = "counters" | "details" | "trace";

/** A closed range of time in Unix milliseconds. */
export interface Range {
  from: number;
  to: number;
}

export interface ListRoute {
  view: "list";
  filter: string;
  sort: string;
}

export interface ProcessRoute {
  view: "process";
  uid: string;
  /** What the process was called when the URL was made: says whose successor to look for once it is gone. */
  name: string;
  tab: Tab;
  minutes: Minutes;
  filter: string;
  zoom: Range | null;
  /** Key of the counter shown large, if any. */
  focus: string;
}

export type Route = ListRoute | ProcessRoute;

export const LIST: ListRoute = { view: "list", filter: "", sort: "" };
const DEFAULT_MINUTES: Minutes = 5;

export function processRoute(uid: string, name = ""): ProcessRoute {
  return {
    view: "process",
    uid,
    name,
    tab: "counters",
    minutes: DEFAULT_MINUTES,
    filter: "",
    zoom: null,
    focus: "",
  };
}

export function parse(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#/, "").split("?", 2);
  const parameters = new URLSearchParams(query);
  const parts = path.split("/").filter((part) => part !== "");
  if (parts[0] !== "p" || parts[1] === undefined) {
    return { view: "list", filter: parameters.get("q") ?? "", sort: parameters.get("sort") ?? "" };
  }
  return {
    view: "process",
    uid: parts[1],
    name: parameters.get("name") ?? "",
    tab: parts[2] === "details" || parts[2] === "trace" ? parts[2] : "counters",
    minutes: WINDOWS.find((minutes) => String(minutes) === parameters.get("w")) ?? DEFAULT_MINUTES,
    filter: parameters.get("q") ?? "",
    zoom: range(parameters.get("from"), parameters.get("to")),
    focus: parameters.get("c") ?? "",
  };
}

function range(from: string | null, to: string | null): Range | null {
  const parsed = { from: Number(from), to: Number(to) };
  const usable = from !== null && to !== null && parsed.to > parsed.from && parsed.from > 0;
  return usable ? parsed : null;
}

export function print(route: Route): string {
  const parameters = new URLSearchParams();
  if (route.view === "list") {
    if (route.filter !== "") parameters.set("q", route.filter);
    if (route.sort !== "") parameters.set("sort", route.sort);
    return `#/${suffix(parameters)}`;
  }
  if (route.name !== "") parameters.set("name", route.name);
  if (route.minutes !== DEFAULT_MINUTES) parameters.set("w", String(route.minutes));
  if (route.filter !== "") parameters.set("q", route.filter);
  if (route.focus !== "") parameters.set("c", route.focus);
  if (route.zoom !== null) {
    parameters.set("from", String(Math.round(route.zoom.from)));
    parameters.set("to", String(Math.round(route.zoom.to)));
  }
  const tab = route.tab === "counters" ? "" : `/${route.tab}`;
  return `#/p/${encodeURIComponent(route.uid)}${tab}${suffix(parameters)}`;
}

function suffix(parameters: URLSearchParams): string {
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
