// Takes a trace: chooses profiles and a duration, then lets the browser download what the controller streams.

import { useEffect, useState } from "preact/hooks";

import { traceComplaint, traceUrl } from "../api";
import type { Shown } from "../model/store";

const PROFILES: { id: string; label: string; text: string; usual: boolean }[] = [
  { id: "Cpu", label: "CPU", text: "Stacks of all managed threads 1000 times a second, and the runtime's events.", usual: true },
  { id: "Http", label: "HTTP", text: "Requests served and sent.", usual: true },
  { id: "Metrics", label: "Metrics", text: "The counters of the runtime and of ASP.NET Core.", usual: true },
  { id: "GcCollect", label: "Collections only", text: "Garbage collections at very low cost; good for long traces.", usual: false },
];
const LONGEST = 24 * 3600;
const DURATIONS: [seconds: number, label: string][] = [
  [10, "10 s"],
  [30, "30 s"],
  [60, "1 min"],
  [300, "5 min"],
];

/** A download that goes on in the browser; the page only keeps time. */
interface Running {
  startedAt: number;
  seconds: number;
}

export function TraceTab({ process }: { process: Shown }) {
  const [profiles, setProfiles] = useState(() => PROFILES.filter((one) => one.usual).map((one) => one.id));
  const [seconds, setSeconds] = useState(30);
  const [problem, setProblem] = useState<string | null>(null);
  const [running, setRunning] = useState<Running | null>(null);
  const url = traceUrl(process.pid, process.uid, seconds, profiles);
  const gone = process.state === "gone";
  const valid = profiles.length > 0 && Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST;

  const start = async (event: Event) => {
    event.preventDefault();
    if (!valid) return;
    const complaint = await traceComplaint(url);
    setProblem(complaint);
    if (complaint !== null) return;
    setRunning({ startedAt: Date.now(), seconds });
    location.assign(url);
  };
  const toggle = (id: string) =>
    setProfiles((chosen) => PROFILES.map((one) => one.id).filter((one) => chosen.includes(one) !== (one === id)));

  return (
    <form class="panel trace" onSubmit={(event) => void start(event)} aria-labelledby="trace-title">
      <h2 id="trace-title">Take a trace</h2>
      <p class="hint">
        A <code>.nettrace</code> file, written while it is taken. Visual Studio, PerfView and <code>dotnet-trace</code>{" "}
        open it.
      </p>
      <fieldset>
        <legend>What to record</legend>
        {PROFILES.map((profile) => (
          <label key={profile.id} class="choice">
            <input type="checkbox" checked={profiles.includes(profile.id)} onChange={() => toggle(profile.id)} />
            <span>
              <b>{profile.label}</b> <small>{profile.text}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>For how long</legend>
        <div class="durations">
          <div class="segments" role="group" aria-label="Durations">
            {DURATIONS.map(([value, label]) => (
              <button key={value} type="button" aria-pressed={seconds === value} onClick={() => setSeconds(value)}>
                {label}
              </button>
            ))}
          </div>
          <label>
            <input
              type="number"
              min={1}
              max={LONGEST}
              value={seconds}
              onInput={(event) => setSeconds(event.currentTarget.valueAsNumber)}
            />{" "}
            seconds
          </label>
        </div>
      </fieldset>
      <div class="actions">
        <button type="submit" class="button primary" disabled={!valid || gone}>
          Start
        </button>
        <span class="address">
          or <code>curl -OJ "{new URL(url, document.baseURI).href}"</code>
        </span>
      </div>
      {profiles.length === 0 && <p class="empty">Choose at least one thing to record.</p>}
      {gone && <p class="empty">The process has ended.</p>}
      {problem !== null && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {running && problem === null && <Countdown running={running} />}
    </form>
  );
}

function Countdown({ running }: { running: Running }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.ceil(running.seconds - (Date.now() - running.startedAt) / 1000);
  return (
    <p class="notice" role="status">
      {left > 0
        ? `Recording, ${left} s to go. The browser shows the download; cancelling it there ends the recording.`
        : "The time is over. The runtime now adds the names of methods; the download ends by itself."}
    </p>
  );
}
