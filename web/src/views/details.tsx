// What a process is, and its environment.

import { useEffect, useState } from "preact/hooks";

import { fetchEnvironment } from "../api";
import type { Shown } from "../model/store";

export function DetailsTab({ process }: { process: Shown }) {
  const facts: [string, string | null][] = [
    ["Command line", process.commandLine],
    ["Executable", process.name],
    ["Entry assembly", process.managedEntryPointAssemblyName],
    ["Process id", String(process.pid)],
    ["Runtime version", process.runtimeVersion],
    ["Operating system", process.operatingSystem],
    ["Architecture", process.processArchitecture],
    ["Metrics label", `process="${process.label}"`],
    ["Runtime instance", process.uid],
  ];
  return (
    <>
      <section class="panel" aria-labelledby="facts-title">
        <h2 id="facts-title">Process</h2>
        <dl class="pairs">
          {facts
            .filter(([, value]) => value !== null && value !== "")
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
      </section>
      <Environment process={process} />
    </>
  );
}

function Environment({ process }: { process: Shown }) {
  const [variables, setVariables] = useState<Record<string, string> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [secrets, setSecrets] = useState(false);
  const [filter, setFilter] = useState("");

  useEffect(() => {
    let current = true;
    fetchEnvironment(process.uid, secrets).then(
      (found) => {
        if (!current) return;
        setVariables(found);
        setProblem(null);
      },
      (error: Error) => current && setProblem(error.message),
    );
    return () => {
      current = false;
    };
  }, [process.uid, secrets]);

  const wanted = filter.toLowerCase();
  const names = Object.keys(variables ?? {})
    .filter((name) => `${name}=${variables?.[name]}`.toLowerCase().includes(wanted))
    .sort((a, b) => a.localeCompare(b, "en"));
  return (
    <section class="panel" aria-labelledby="environment-title">
      <div class="panel-head">
        <h2 id="environment-title">Environment</h2>
        {variables !== null && (
          <>
            <input
              type="search"
              class="filter"
              placeholder="Filter variables"
              aria-label="Filter variables"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
            <button type="button" class="button" aria-pressed={secrets} onClick={() => setSecrets(!secrets)}>
              {secrets ? "Mask secrets" : "Show secrets"}
            </button>
          </>
        )}
      </div>
      {problem !== null && <p class="empty">The environment cannot be read: {problem}</p>}
      {variables === null && problem === null && <p class="empty">Reading…</p>}
      {variables !== null && (
        <>
          <p class="hint">As the process was started. Values whose names look like secrets are masked.</p>
          <dl class="pairs mono">
            {names.map((name) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{variables[name]}</dd>
              </div>
            ))}
          </dl>
          {names.length === 0 && <p class="empty">No variable matches “{filter}”.</p>}
        </>
      )}
    </section>
  );
}
