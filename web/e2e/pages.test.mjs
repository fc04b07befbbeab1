// The pages in a real browser, on real ASP.NET Core processes watched by a real `pipescope serve`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, test } from "node:test";

import { canvas, chart, figure, rowOf } from "./page.mjs";
import { DEADLINE, launchBrowser, screenshot, startLoad, startPipescope, startWeb, until } from "./harness.mjs";

/** @typedef {import("playwright-core").Page} Page */

const SECRET = "hunter2-in-the-open";

/** @type {Awaited<ReturnType<typeof startPipescope>>} */
let serve;
/** @type {Awaited<ReturnType<typeof startWeb>>} */
let web;
/** @type {ReturnType<typeof startLoad>} */
let load;
/** @type {import("playwright-core").Browser} */
let browser;
/** Everything that a browser complained about.  @type {string[]} */
let complaints = [];

before(async () => {
  web = await startWeb({ SHOP_PASSWORD: SECRET, SHOP_COLOUR: "green" });
  load = startLoad(web.url);
  serve = await startPipescope();
  browser = await launchBrowser();
}, { timeout: 2 * DEADLINE });

after(async () => {
  await browser?.close();
  await load?.stop();
  await web?.stop();
  await serve?.stop();
});

afterEach(() => {
  const seen = complaints;
  complaints = [];
  assert.deepEqual(seen, [], "the browser complains about nothing");
});

/**
 * @param {string} path
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  context.setDefaultTimeout(DEADLINE);
  const page = await context.newPage();
  // Script errors, refusals of the content security policy, files that are missing.
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(serve.url)) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(serve.url + path);
  return page;
}

/** Opens the page of the ASP.NET Core process. @param {Page} page */
async function follow(page, pid = web.pid) {
  await rowOf(page, pid).getByRole("link").click();
  await page.locator(".card").first().waitFor();
}

/** @param {Page} page @param {string} name */
async function shot(page, name) {
  await page.screenshot({ path: screenshot(name) });
}

describe("the list", { timeout: 4 * DEADLINE }, () => {
  test("shows a real process with its figures, which move", async () => {
    const page = await open("/");
    const row = rowOf(page, web.pid);
    await row.waitFor();
    assert.match(await row.locator(".who").innerText(), /^web\b/);
    assert.match(await row.locator(".runtime").innerText(), /^\.NET 9\.0\.5$/);
    await until("requests are counted", async () => (await figure(row, "requests")) > 1);
    assert.ok((await figure(row, "memory")) > 10, "an ASP.NET Core process has more than 10 MiB");
    const seen = new Set();
    await until("the allocation rate takes three values", async () => {
      seen.add(await row.locator("[data-headline=allocations]").innerText());
      return seen.size >= 3;
    });
    await shot(page, "list");
    await page.context().close();
  });

  test("can be filtered and sorted, and the address says so", async () => {
    const page = await open("/");
    await rowOf(page, web.pid).waitFor();
    await page.getByRole("searchbox").fill("no such process");
    await page.getByText("No process matches").waitFor();
    await page.getByRole("searchbox").fill(String(web.pid));
    await rowOf(page, web.pid).waitFor();
    await page.getByRole("button", { name: "CPU" }).click();
    assert.equal(new URL(page.url()).hash, `#/?q=${web.pid}&sort=-cpu`);
    await page.reload();
    assert.equal(await page.getByRole("searchbox").inputValue(), String(web.pid));
    assert.equal(await page.getByRole("columnheader", { name: "CPU" }).getAttribute("aria-sort"), "descending");
    await page.context().close();
  });

  test("a process appears when it starts and goes when it ends", async () => {
    const page = await open("/");
    await rowOf(page, web.pid).waitFor();
    const second = await startWeb();
    await rowOf(page, second.pid).waitFor();
    await until("it has figures", async () => (await figure(rowOf(page, second.pid), "memory")) > 10);
    await second.stop("SIGKILL");
    await until("it is marked as ended", () => rowOf(page, second.pid).getByText("Ended").isVisible());
    await rowOf(page, second.pid).waitFor({ state: "detached" });
    assert.ok(await rowOf(page, web.pid).isVisible(), "the other one stays");
    await page.context().close();
  });
});

describe("a process", { timeout: 4 * DEADLINE }, () => {
  test("has charts that move, in what they draw and in what is to be seen", async () => {
    const page = await open("/");
    await follow(page);
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("the chart has points", async () => (await cpu.points()) > 3);
    const [points, newest, pixels] = [await cpu.points(), await cpu.newest(), await canvas(cpu.element)];
    await until("points are added", async () => (await cpu.points()) > points && (await cpu.newest()) > newest);
    await until("the picture changes", async () => (await canvas(cpu.element)) !== pixels);
    const requests = chart(page, "Microsoft.AspNetCore.Hosting/requests-per-second");
    await requests.element.scrollIntoViewIfNeeded();
    await until("requests are drawn", async () => (await requests.points()) > 3);
    assert.match(await requests.value(), /^\d[\d.,]*\/s$/);
    await shot(page, "process");
    await page.context().close();
  });

  test("values are read back under the cursor, in all charts at once", async () => {
    const page = await open("/");
    await follow(page);
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("there is a past to read", async () => (await cpu.points()) > 5);
    await page.getByRole("button", { name: "1 min" }).click();
    const box = await cpu.box();
    await page.mouse.move(box.x + box.width - 12, box.y + box.height / 2);
    const reading = page.locator(".reading");
    await until("the time is read", async () => /^\d\d:\d\d:\d\d$/.test(await reading.innerText()));
    assert.match(await cpu.value(), /%$/);
    const other = chart(page, "System.Runtime/working-set");
    await until("the other chart shows the cursor", () => other.element.locator(".u-cursor-x").isVisible());
    await page.mouse.move(5, 5);
    await until("the reading goes with the cursor", async () => (await reading.innerText()) === "");
    await page.context().close();
  });

  test("dragging zooms, the address can be sent on, a double click resets", async () => {
    const page = await open("/");
    await follow(page);
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("there is a past to zoom into", async () => (await cpu.points()) > 5);
    await page.getByRole("button", { name: "1 min" }).click();
    const box = await cpu.box();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.95, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Reset zoom" }).waitFor();
    const zoomed = new URL(page.url());
    const span = (/** @type {URL} */ url) => {
      const query = new URLSearchParams(url.hash.split("?")[1]);
      return Number(query.get("to")) - Number(query.get("from"));
    };
    assert.ok(span(zoomed) > 15_000 && span(zoomed) < 45_000, `${span(zoomed)} ms`);

    const colleague = await open(zoomed.pathname + zoomed.hash);
    await colleague.getByRole("button", { name: "Reset zoom" }).waitFor();
    await until("the same is drawn", async () => (await chart(colleague, "System.Runtime/cpu-usage").points()) > 3);
    assert.match(await colleague.locator(".reading").innerText(), /^\d\d:\d\d:\d\d – \d\d:\d\d:\d\d$/);
    await colleague.context().close();

    await page.mouse.dblclick(box.x + box.width / 2, box.y + 30);
    await page.getByRole("button", { name: "Reset zoom" }).waitFor({ state: "detached" });
    assert.ok(!page.url().includes("from="), page.url());
    await page.context().close();
  });

  test("can be paused, filtered, and read over another window", async () => {
    const page = await open("/");
    await follow(page);
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("the chart moves", async () => (await cpu.points()) > 3);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const paused = await page.locator(".reading").innerText();
    const before = await cpu.points();
    const seen = new Set();
    await until("time goes on", async () => {
      seen.add(await page.locator(".headlines [data-headline=allocations] .number").innerText());
      return seen.size >= 4;
    });
    assert.equal(await page.locator(".reading").innerText(), paused);
    assert.ok((await cpu.points()) <= before + 1, "a paused chart does not grow");
    await page.getByRole("button", { name: "Resume" }).click();
    await until("the chart goes on", async () => (await cpu.points()) > before + 1);

    await page.getByRole("searchbox").fill("gen 0 gc count");
    await until("one counter is left", async () => (await page.locator(".card").count()) === 1);
    await page.getByRole("button", { name: "15 min" }).click();
    assert.match(page.url(), /w=15&q=gen\+0\+gc\+count/);
    await page.getByRole("button", { name: "Gen 0 GC Count" }).click();
    await page.getByRole("columnheader", { name: "Mean" }).waitFor();
    await page.reload();
    await page.getByRole("columnheader", { name: "Mean" }).waitFor();
    await page.context().close();
  });

  test("works with the keyboard alone", async () => {
    const page = await open("/");
    await rowOf(page, web.pid).getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.locator(".card").first().waitFor();
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await until("the chart has points", async () => (await cpu.points()) > 5);
    await cpu.element.focus();
    await page.keyboard.press("ArrowLeft");
    await until("a value is read", async () => /^\d\d:\d\d:\d\d$/.test(await page.locator(".reading").innerText()));
    await page.keyboard.press("+");
    await page.getByRole("button", { name: "Reset zoom" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Reset zoom" }).waitFor({ state: "detached" });
    await page.context().close();
  });

  test("meters have a line per tag set", async () => {
    const page = await open("/");
    await follow(page);
    await page.getByRole("searchbox").fill("dotnet.gc.last_collection.heap.size");
    const card = page.locator('[data-counter="System.Runtime/dotnet.gc.last_collection.heap.size"]');
    await until("every generation has a line", async () => {
      const labels = await card.locator(".line-label").allInnerTexts();
      return ["gen0", "gen1", "gen2", "loh", "poh"].every((generation) => labels.includes(generation));
    });
    assert.match(await card.locator(".legend .figure").first().innerText(), /B$/);
    await page.context().close();
  });

  test("shows its details, with secrets masked until they are asked for", async () => {
    const page = await open("/");
    await follow(page);
    await page.getByRole("link", { name: "Details" }).click();
    await page.getByText("web.dll").first().waitFor();
    await page.getByText("SHOP_COLOUR").waitFor();
    await page.getByText("green", { exact: true }).waitFor();
    assert.ok(!(await page.content()).includes(SECRET), "the secret is not in the page");
    await page.getByRole("button", { name: "Show secrets" }).click();
    await page.getByText(SECRET).waitFor();
    await page.context().close();
  });

  test("can be traced into a file", async () => {
    const page = await open("/");
    await follow(page);
    await page.getByRole("link", { name: "Take a trace" }).click();
    await page.getByRole("spinbutton").fill("2");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Recording").waitFor();
    const file = await download;
    assert.match(file.suggestedFilename(), new RegExp(`^\\d{8}_\\d{6}_${web.pid}\\.nettrace$`));
    const bytes = await readFile(await file.path());
    assert.equal(bytes.subarray(0, 8).toString(), "Nettrace");
    assert.ok(bytes.length > 10_000, `${bytes.length} bytes`);
    await page.context().close();
  });

  test("that has ended keeps its figures until the reader leaves", async () => {
    const second = await startWeb();
    const page = await open("/");
    await follow(page, second.pid);
    const address = page.url();
    await until("its chart has points", async () => (await chart(page, "System.Runtime/cpu-usage").points()) > 2);
    await second.stop("SIGKILL");
    await page.getByText("This process ended").waitFor();
    assert.ok((await chart(page, "System.Runtime/cpu-usage").points()) > 2);
    await page.goto("about:blank");
    await page.goto(address);
    await page.getByText("This process is not running any more").waitFor();
    // A process of the same name is offered instead.
    await page.getByRole("link", { name: `web (${web.pid})` }).click();
    await page.locator(".card").first().waitFor();
    await page.context().close();
  });
});

describe("a phone", { timeout: 4 * DEADLINE }, () => {
  test("shows everything within its width", async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
    const page = await open("/", phone);
    await rowOf(page, web.pid).waitFor();
    const fits = async () => {
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(Number(content) <= Number(screen), `${content} px wide on a screen of ${screen}`);
    };
    await until("there are figures", async () => (await figure(rowOf(page, web.pid), "memory")) > 10);
    await fits();
    await shot(page, "phone-list");
    await rowOf(page, web.pid).getByRole("link").tap();
    await page.locator(".card").first().waitFor();
    const cpu = chart(page, "System.Runtime/cpu-usage");
    await cpu.element.scrollIntoViewIfNeeded();
    await until("the chart has points", async () => (await cpu.points()) > 3);
    await fits();
    await shot(page, "phone-process");
    const box = await cpu.box();
    await page.touchscreen.tap(box.x + box.width - 10, box.y + box.height / 2);
    await until("a touch reads a value", async () => /^\d\d:\d\d:\d\d$/.test(await page.locator(".reading").innerText()));
    for (const tab of ["Details", "Take a trace"]) {
      await page.getByRole("link", { name: tab }).tap();
      await page.locator(".panel").first().waitFor();
      await fits();
    }
    await page.context().close();
  });
});
