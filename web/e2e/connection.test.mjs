// What the page says when things go wrong: no process, a connection that is lost, a process that fails.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { chart, rowOf } from "./page.mjs";
import { DEADLINE, launchBrowser, startPipescope, startWeb, until } from "./harness.mjs";

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

describe("a lost connection", { timeout: 4 * DEADLINE }, () => {
  test("is said, and made good when the controller is back", async () => {
    const web = await startWeb();
    let serve = await startPipescope();
    const port = Number(new URL(serve.url).port);
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE);
    await page.goto(serve.url);
    await rowOf(page, web.pid).getByRole("link").click();
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("the chart moves", async () => (await cpu.points()) > 2);

    await serve.stop("SIGKILL");
    await page.getByText("Connection lost").waitFor();
    assert.ok((await cpu.points()) > 2, "the last figures stay");
    const before = await cpu.newest();

    serve = await startPipescope(port);
    await page.getByText("Connection lost").waitFor({ state: "detached" });
    await until("the chart goes on", async () => (await cpu.newest()) > before + 1);
    await page.close();
    await serve.stop();
    await web.stop();
  });
});

describe("states that are hard to bring about", { timeout: 2 * DEADLINE }, () => {
  /** @type {Awaited<ReturnType<typeof startPipescope>>} */
  let serve;
  before(async () => {
    serve = await startPipescope();
  });
  after(() => serve?.stop());

  /**
   * The real page over a stream that says only this.
   * @param {object[]} processes
   * @param {string[]} problems
   */
  async function openWith(processes, problems = []) {
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE);
    await page.route("**/api/v1/live*", (route) =>
      route.fulfill({
        contentType: "text/event-stream",
        body: [
          `event: processes\ndata: ${JSON.stringify(processes)}\n\n`,
          `event: problems\ndata: ${JSON.stringify(problems)}\n\n`,
        ].join(""),
      }),
    );
    await page.goto(serve.url);
    return page;
  }

  test("no process: the page says what to check", async () => {
    const page = await openWith([], ["process 7 belongs to another user: run pipescope as that user or as root"]);
    await page.getByRole("heading", { name: "No .NET process is visible" }).waitFor();
    await page.getByText("TMPDIR").first().waitFor();
    await page.getByText("DOTNET_EnableDiagnostics=0").waitFor();
    await page.getByText("process 7 belongs to another user").waitFor();
    await page.close();
  });

  test("a process that fails shows why", async () => {
    const reason = "permission denied: run pipescope as the same user";
    const failed = {
      uid: "00000000-0000-0000-0000-000000000001",
      pid: 7,
      name: "shop",
      label: "shop",
      commandLine: "shop --now",
      operatingSystem: null,
      processArchitecture: null,
      managedEntryPointAssemblyName: null,
      runtimeVersion: null,
      state: "failed",
      reason,
    };
    const page = await openWith([failed]);
    await rowOf(page, 7).getByText(reason).waitFor();
    await rowOf(page, 7).getByRole("link").click();
    await page.getByText("No counters from this process").waitFor();
    await page.getByText("Permission denied: run pipescope as the same user.").waitFor();
    await page.close();
  });
});
