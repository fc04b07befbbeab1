// Reports as pages, made by the real program of a real process, in a real browser: with scripts, and without.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { DEADLINE, launchBrowser, run, screenshot, startLoad, startWeb } from "./harness.mjs";

/** Every report that is made of a running process. */
const SUBJECTS = ["counters", "gc", "allocations", "exceptions", "contention", "requests", "threadpool", "jit", "cpu", "loader", "heap"];

const PHONE = { width: 390, height: 844 };

/** @type {Awaited<ReturnType<typeof startWeb>>} */
let web;
/** @type {ReturnType<typeof startLoad>} */
let load;
/** @type {import("playwright-core").Browser} */
let browser;
const folder = mkdtempSync(join(tmpdir(), "pipescope-reports-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** @param {string} subject */
const file = (subject) => join(folder, `${subject}.html`);

before(async () => {
  web = await startWeb();
  load = startLoad(web.url);
  browser = await launchBrowser();
  const report = (/** @type {string} */ subject, /** @type {string[]} */ ...more) =>
    run(["report", subject, "-p", String(web.pid), ...more, `--html=${file(subject)}`]);
  await Promise.all(SUBJECTS.filter((subject) => subject !== "heap").map((subject) => report(subject, "--duration", "5s")));
  // The process stands still for it, which the others would tell of.
  await report("heap");
  const traces = ["before", "after"].map((name) => join(folder, `${name}.nettrace`));
  await Promise.all(traces.map((trace) =>
    run(["trace", "collect", "-p", String(web.pid), "--duration", "4s", "-o", trace])));
  await run(["diff", ...traces, `--html=${file("diff")}`]);
}, { timeout: 2 * DEADLINE });

after(async () => {
  await browser?.close();
  await load?.stop();
  await web?.stop();
});

/**
 * Opens a page and gives it with what the browser complained about.
 *
 * @param {string} subject
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function open(subject, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(DEADLINE);
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(pathToFileURL(file(subject)).href);
  return { page, complaints, close: () => context.close() };
}

for (const subject of SUBJECTS) {
  describe(`report ${subject}`, () => {
    test("opens without a complaint, on every screen, light and dark", async () => {
      for (const [name, options] of Object.entries({
        light: { colorScheme: "light" },
        dark: { colorScheme: "dark" },
        phone: { colorScheme: "dark", viewport: PHONE },
      })) {
        const { page, complaints, close } = await open(subject, /** @type {any} */ (options));
        assert.ok((await page.locator("h1").innerText()).length > 2);
        assert.ok((await page.locator(".summary").innerText()).length > 3);
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert.ok(Number(overflow) <= 0, `${name}: the page is ${overflow} pixels too wide`);
        await page.screenshot({ path: screenshot(`report-${subject}-${name}`), fullPage: name !== "phone" });
        assert.deepEqual(complaints, []);
        await close();
      }
    });

    test("has everything without scripts", async () => {
      const scripted = await open(subject);
      const plain = await open(subject, { javaScriptEnabled: false });
      const rows = await plain.page.locator("tbody tr").count();
      assert.equal(await scripted.page.locator("tbody tr").count(), rows);
      assert.equal(await plain.page.locator("tbody tr:visible").count(), rows);
      assert.equal(await plain.page.locator("button").count(), 0);
      await plain.page.screenshot({ path: screenshot(`report-${subject}-plain`), fullPage: true });
      await Promise.all([scripted.close(), plain.close()]);
    });

    test("sorts tables by numbers", async () => {
      const { page, complaints, close } = await open(subject);
      const table = page.locator("table").filter({ has: page.locator("th.n") }).first();
      if (await table.count() > 0) {
        const head = table.locator("th.n").first();
        const at = await head.evaluate((cell) => /** @type {HTMLTableCellElement} */ (cell).cellIndex);
        const values = async () => (await table.locator(`tbody tr > :nth-child(${at + 1})`).evaluateAll((cells) =>
          cells.map((cell) => cell.getAttribute("data-v"))));
        const original = await values();
        const numbers = original.filter((value) => value !== null).map(Number);
        await head.locator("button").click();
        assert.equal(await head.getAttribute("aria-sort"), "descending");
        const sorted = (await values()).filter((value) => value !== null).map(Number);
        assert.deepEqual(sorted, [...numbers].sort((a, b) => b - a));
        await head.locator("button").click();
        assert.equal(await head.getAttribute("aria-sort"), "ascending");
        await head.locator("button").click();
        assert.deepEqual(await values(), original, "the third click gives the report's own order back");
      }
      assert.deepEqual(complaints, []);
      await close();
    });

    test("carries its figures along", async () => {
      const { page, close } = await open(subject);
      const waiting = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save the figures as JSON" }).click();
      const saved = JSON.parse(readFileSync(await (await waiting).path(), "utf8"));
      assert.equal(saved.trace.process_id, web.pid);
      await close();
    });
  });
}

const BOXES = ".boxes > svg";

for (const [subject, graphs] of /** @type {[string, string[]][]} */ ([
  ["cpu", ["What threads ran", "Waiting threads too"]],
  ["diff", ["What threads ran: the difference", "Waiting threads too: the difference"]],
])) {
  describe(`the flame graphs of ${subject}`, () => {
    test("are on its page, light and dark, and on a phone", async () => {
      for (const [name, options] of Object.entries({
        light: { colorScheme: "light" },
        dark: { colorScheme: "dark" },
        phone: { colorScheme: "dark", viewport: PHONE },
      })) {
        const { page, complaints, close } = await open(subject, /** @type {any} */ (options));
        for (const title of graphs) {
          const boxes = page.locator("section", { has: page.getByRole("heading", { name: title, exact: true }) }).locator(BOXES);
          assert.ok(await boxes.count() > 5, `${title} has boxes`);
          const box = await boxes.first().boundingBox();
          assert.ok(box && box.width > 50 && box.height > 5, `${title} is there to be seen`);
        }
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert.ok(Number(overflow) <= 0, `${name}: the page is ${overflow} pixels too wide`);
        await page.screenshot({ path: screenshot(`graphs-${subject}-${name}`), fullPage: name !== "phone" });
        assert.deepEqual(complaints, []);
        await close();
      }
    });

    test("are zoomed into by a click, each by itself", async () => {
      const { page, complaints, close } = await open(subject);
      const section = (/** @type {string | undefined} */ title) =>
        page.locator("section", { has: page.getByRole("heading", { name: String(title), exact: true }) });
      const [first, second] = graphs.map((title) => section(title).locator(BOXES));
      assert.ok(first && second);
      const widths = (/** @type {import("playwright-core").Locator} */ boxes) =>
        boxes.evaluateAll((all) => all.map((box) => box.getAttribute("width")));
      const index = (await widths(first)).findIndex((width) => parseFloat(width ?? "100") < 90);
      assert.ok(index >= 0, "there is a box that is not the whole");
      const box = first.nth(index);
      const untouched = await widths(second);
      const before = (await box.locator("rect").boundingBox())?.width ?? 0;
      // Of a narrow box the middle may be covered by nothing but its edge.
      await box.dispatchEvent("click");
      const after = (await box.locator("rect").boundingBox())?.width ?? 0;
      assert.ok(after > before, `${before} pixels, then ${after}`);
      assert.deepEqual(await widths(second), untouched);
      assert.deepEqual(complaints, []);
      await close();
    });

    test("are whole without scripts", async () => {
      const scripted = await open(subject);
      const plain = await open(subject, { javaScriptEnabled: false });
      const boxes = await plain.page.locator(BOXES).count();
      assert.ok(boxes > 10);
      assert.equal(await scripted.page.locator(BOXES).count(), boxes);
      assert.equal(await plain.page.locator(`${BOXES} > title`).count(), boxes);
      assert.equal(await plain.page.locator("button").count(), 0);
      await plain.page.screenshot({ path: screenshot(`graphs-${subject}-plain`), fullPage: true });
      assert.deepEqual(plain.complaints, []);
      await Promise.all([scripted.close(), plain.close()]);
    });
  });
}

describe("charts", () => {
  test("have marks, say their figures, and zoom", async () => {
    const { page, complaints, close } = await open("counters");
    const chart = page.locator(".chart[data-x]").first();
    const mark = chart.locator(".mark").first();
    assert.match(String(await mark.getAttribute("d")), /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$/);
    const svg = chart.locator(".plot svg");
    await svg.hover();
    const box = await svg.boundingBox();
    assert.ok(box && box.width > 200 && box.height > 100, "it is there to be seen");
    assert.match(await chart.locator(".tip").innerText(), /^[\d.]+ s\n.*\d/);

    const labels = await chart.locator(".x").innerText();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 50, { steps: 4 });
    await page.mouse.up();
    const [left = 0, , width = 0] = String(await svg.getAttribute("viewBox")).split(" ").map(Number);
    assert.ok(Math.abs(left - 250) < 10 && Math.abs(width - 500) < 10, `half of it, from ${left} on: ${width}`);
    assert.notEqual(await chart.locator(".x").innerText(), labels);
    await chart.getByRole("button", { name: "Whole time" }).click();
    assert.equal(await svg.getAttribute("viewBox"), "0 0 1000 1000");
    assert.equal(await chart.locator(".x").innerText(), labels);
    assert.deepEqual(complaints, []);
    await close();
  });

  test("are there without scripts", async () => {
    const { page, close } = await open("counters", { javaScriptEnabled: false });
    const marks = page.locator(".mark");
    assert.ok(await marks.count() > 5);
    const box = await marks.first().boundingBox();
    assert.ok(box && box.width > 50, "a line that is there to be seen");
    await close();
  });
});

describe("tables", () => {
  test("are searched, and unfolded where they are long", async () => {
    const { page, complaints, close } = await open("counters");
    const section = page.locator("section").filter({ has: page.locator("input[type=search]") }).first();
    const all = await section.locator("tbody tr").count();
    const word = "collection";
    await section.getByRole("searchbox").fill(word);
    const found = section.locator("tbody tr:visible");
    assert.ok(await found.count() > 0 && await found.count() < all);
    for (const text of await found.allInnerTexts()) assert.ok(text.includes(word), text);
    await section.getByRole("searchbox").fill("");
    const more = section.getByRole("button", { name: /^Show all \d/ });
    if (await more.count() > 0) await more.click();
    assert.equal(await found.count(), all);
    assert.deepEqual(complaints, []);
    await close();
  });
});
