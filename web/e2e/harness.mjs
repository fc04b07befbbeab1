// What the browser tests start: a real `pipescope serve`, real .NET processes, and a browser. Everything started here
// is ended here, also when a test fails or the tests are killed.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** Generous: a busy machine is slow, and only failures wait so long. */
export const DEADLINE = 60_000;

const root = resolve(import.meta.dirname, "../..");
const testbed = process.env["PIPESCOPE_TESTBED"] ?? join(root, "target/testbed");
const program = process.env["PIPESCOPE_BIN"] ?? join(root, "target/debug/pipescope");

/** @typedef {import("node:child_process").ChildProcessByStdio<import("node:stream").Writable, import("node:stream").Readable, null>} Child */

/** @type {Set<Child>} */
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

// Without these a signal would end the process without the handlers of its exit.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

/** @type {string | undefined} */
let folder;

/**
 * Where a screenshot goes: into the folder that PIPESCOPE_SCREENSHOTS names, else into one that is removed at the end.
 * @param {string} name
 */
export function screenshot(name) {
  folder ??= process.env["PIPESCOPE_SCREENSHOTS"] || temporaryFolder();
  return join(folder, `${name}.png`);
}

function temporaryFolder() {
  const made = mkdtempSync(join(tmpdir(), "pipescope-screenshots-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/**
 * Starts a program and waits for the line of its output that matches.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RegExp} awaited
 * @param {Record<string, string>} [environment]
 */
async function start(command, args, awaited, environment = {}) {
  // Where the system can, children end with whoever started them, whatever ends it.
  const wrapper = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];
  const [file = command, ...rest] = [...wrapper, command, ...args];
  const child = spawn(file, rest, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...clean(process.env), ...environment },
  });
  children.add(child);
  child.stdin.on("error", () => {});
  const gone = new Promise((ended) => child.on("exit", ended));
  void gone.then(() => children.delete(child));
  const lines = createInterface({ input: child.stdout });
  const match = await within(
    new Promise((found, fail) => {
      lines.on("line", (line) => {
        const result = awaited.exec(line);
        if (result) found(result);
      });
      child.on("error", fail);
      void gone.then((code) => fail(new Error(`${command} ended with ${code} before it said ${awaited}`)));
    }),
    `${command} did not say ${awaited}`,
  );
  const stop = async (/** @type {NodeJS.Signals} */ signal = "SIGTERM") => {
    child.kill(signal);
    await within(gone, `${command} did not end`);
  };
  return { child, pid: /** @type {number} */ (child.pid), match: /** @type {RegExpExecArray} */ (match), stop, gone };
}

/**
 * Settings for .NET in the tests' own environment would change the targets.
 * @param {NodeJS.ProcessEnv} environment
 */
function clean(environment) {
  const foreign = /^(DOTNET_|COMPlus_|CORECLR_|ASPNETCORE_)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)));
}

/** `pipescope serve`; a port of 0 takes a free one. */
export async function startPipescope(port = 0) {
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: build it, or name it in PIPESCOPE_BIN`);
  }
  const serve = await start(program, ["serve", "--urls", `http://127.0.0.1:${port}`], /Listening on (http:\/\/\S+)/i);
  return { ...serve, url: String(serve.match[1]).replace(/\/$/, "") };
}

/**
 * Runs `pipescope` to its end, which must be a good one.
 * @param {string[]} args
 */
export async function run(args) {
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: build it, or name it in PIPESCOPE_BIN`);
  }
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((end, fail) => {
    child.on("exit", end);
    child.on("error", fail);
  });
  try {
    const code = await within(ended, `pipescope ${args.join(" ")} did not end`);
    if (code !== 0) throw new Error(`pipescope ${args.join(" ")} ended with ${code}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** The ASP.NET Core application of the testbed, on .NET 9. */
export async function startWeb(environment = {}) {
  const dotnet = join(testbed, "dotnet/dotnet");
  if (!existsSync(dotnet)) throw new Error(`${dotnet} is missing: run \`cargo xtask setup\``);
  const args = [join(testbed, "programs-9.0.5/web.dll")];
  const web = await start(dotnet, args, /^ready (http:\/\/\S+)/, environment);
  return { ...web, url: String(web.match[1]) };
}

const PATHS = ["/", "/", "/allocate?bytes=2000000", "/", "/slow?ms=40", "/", "/contend?ms=2", "/boom", "/allocate"];

/**
 * A light load of requests until `stop` is called.
 * @param {string} url
 */
export function startLoad(url) {
  if (!url.startsWith("http://127.0.0.1:")) throw new Error(`${url} is not on the loopback interface`);
  let running = true;
  const done = (async () => {
    for (let turn = 0; running; turn += 1) {
      // A target that has ended is noticed by whoever ended it.
      await fetch(url + PATHS[turn % PATHS.length]).then((answer) => answer.text()).catch(() => {});
      await pause(40);
    }
  })();
  return {
    stop: () => {
      running = false;
      return done;
    },
  };
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env["PIPESCOPE_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** @param {number} milliseconds */
export function pause(milliseconds) {
  return new Promise((over) => setTimeout(over, milliseconds));
}

/**
 * Asks again and again until the answer is neither null, undefined nor false.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T | null | undefined | false>} ask
 * @returns {Promise<T>}
 */
export async function until(what, ask, deadline = DEADLINE) {
  const end = Date.now() + deadline;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${deadline / 1000} s for ${what}`, { cause: last });
    await pause(100);
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} complaint
 * @returns {Promise<T>}
 */
async function within(promise, complaint) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${complaint} within ${DEADLINE / 1000} s`)), DEADLINE);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}
