// The controller's addresses. All relative to the page, which may be mounted below any path.

import type { Counters, Problem } from "./wire";

/** `counters` narrows the stream to a selection in the grammar of `--counters`. */
export function liveUrl(uid: string | null, counters: string | null): string {
  return withQuery("api/v1/live", { uid, counters });
}

export function fetchCounters(uid: string, since: number, counters: string | null): Promise<Counters> {
  return readJson(withQuery(`api/v1/processes/${encodeURIComponent(uid)}/counters`, { since, counters }));
}

/** Values that look like secrets are masked unless `secrets` is asked for. */
export function fetchEnvironment(uid: string, secrets: boolean): Promise<Record<string, string>> {
  const path = `api/v1/processes/${encodeURIComponent(uid)}/environment`;
  return readJson(withQuery(path, { secrets: secrets ? "show" : null }));
}

export function traceUrl(pid: number, uid: string, durationSeconds: number, profiles: string[]): string {
  return withQuery("trace", { pid, durationSeconds, profile: profiles.join(","), uid });
}

/** Asks whether a trace could be taken, without taking one; returns the complaint. */
export async function traceComplaint(url: string): Promise<string | null> {
  const answer = await fetch(url, { method: "HEAD" }).catch(() => null);
  if (answer === null) return "The controller does not answer.";
  if (answer.ok) return null;
  if (answer.status === 429) return "Three traces are being taken already. Try again when one has ended.";
  return answer.status === 400
    ? "The process cannot be traced: it has ended, or does not answer."
    : `The controller refused (${answer.status}).`;
}

async function readJson<T>(url: string): Promise<T> {
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as Problem;
    throw new Error(problem.detail ?? problem.title ?? `HTTP ${answer.status}`);
  }
  return (await answer.json()) as T;
}

function withQuery(path: string, query: Record<string, string | number | null>): string {
  const text = Object.entries(query)
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value)).replaceAll("%2C", ",")}`)
    .join("&");
  return text === "" ? path : `${path}?${text}`;
}
