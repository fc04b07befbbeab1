// Flame graphs of a real process in a real browser, with scripts and without; and its samples in the Firefox Profiler's own
// reader.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { DEADLINE, launchBrowser, run, screenshot, startLoad, startWeb, until } from "./harness.mjs";

/** @typedef {import("playwright-core").Page} Page */

const folder = mkdtempSync(join(tmpdir(), "pipescope-flame-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = (/** @type {string} */ name) => join(folder, name);

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  const web = await startWeb();
  const load = startLoad(web.url);
  try {
    await run(["trace", "collect", "-p", String(web.pid), "--duration", "4s", "-o", file("x.nettrace")]);
  } finally {
    await load.stop();
    await web.stop();
  }
  const convert = (/** @type {string[]} */ ...more) => run(["convert", file("x.nettrace"), "--to", ...more]);
  await convert("svg", "-o", file("all.svg"));
  await convert("svg", "--by-thread", "-o", file("threads.svg"));
  await convert("svg", "--only", "waiting", "--baseline", file("x.nettrace"), "-o", file("difference.svg"));
  await convert("firefox", "-o", file("x.firefox.json"));
  const graph = readFileSync(file("all.svg"), "utf8").replace(/^<\?xml.*\n/, "");
  const other = readFileSync(file("threads.svg"), "utf8").replace(/^<\?xml.*\n/, "");
  writeFileSync(file("page.html"), `<!doctype html><meta charset="utf-8"><body><h1>Two</h1>${graph}<p>and</p>${other}`);
  browser = await launchBrowser();
}, { timeout: 2 * DEADLINE });

after(() => browser?.close());

/**
 * Opens a file; the browser must not complain until it is closed.
 *
 * @param {string} name
 * @param {(page: Page) => Promise<void>} look
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
async function open(name, look, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(DEADLINE);
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(pathToFileURL(file(name)).href);
  await look(page);
  assert.deepEqual(complaints, []);
  await context.close();
}

const BOXES = ".boxes > svg";

/**
 * The share of the window's width that a box has.
 * @param {Page} page
 * @param {import("playwright-core").Locator} box
 */
async function share(page, box) {
  const place = await box.locator("rect").boundingBox();
  return (place?.width ?? 0) / (page.viewportSize()?.width ?? 1);
}

/**
 * A box with a caller, between a tenth and nine tenths of the width.
 * @param {Page} page
 */
async function middling(page) {
  const index = await page.locator(BOXES).evaluateAll((boxes) =>
    boxes.findIndex((box) => {
      const width = parseFloat(box.getAttribute("width") ?? "0");
      return width > 10 && width < 90 && box.getAttribute("y") !== "0";
    }),
  );
  assert.ok(index >= 0, "there is such a box");
  return page.locator(BOXES).nth(index);
}

describe("a flame graph", () => {
  test("is whole in light and dark, on every screen", async () => {
    for (const [name, options] of Object.entries({
      light: { colorScheme: "light" },
      dark: { colorScheme: "dark" },
      phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
    })) {
      await open("all.svg", async (page) => {
        assert.ok(await page.locator(BOXES).count() > 20);
        const roots = await page.locator(`${BOXES}[y="0"]`).all();
        const shares = await Promise.all(roots.map((root) => share(page, root)));
        const sum = shares.reduce((sum, share) => sum + share, 0);
        assert.ok(Math.abs(sum - 1) < 0.02, `the outermost boxes take ${sum} of the width`);
        await page.screenshot({ path: screenshot(`flame-${name}`) });
      }, /** @type {any} */ (options));
    }
    for (const name of ["threads", "difference"]) {
      await open(`${name}.svg`, (page) => page.screenshot({ path: screenshot(`flame-${name}`) }).then(() => {}));
    }
  });

  test("is a picture with tooltips without scripts", async () => {
    let boxes = 0;
    await open("all.svg", async (page) => { boxes = await page.locator(BOXES).count(); });
    await open("all.svg", async (page) => {
      assert.equal(await page.locator(BOXES).count(), boxes);
      assert.equal(await page.locator(`${BOXES} > title`).count(), boxes);
      assert.ok(await share(page, await middling(page)) > 0.09);
      assert.equal(await page.locator("input").count(), 0, "nothing that would do nothing");
      await page.screenshot({ path: screenshot("flame-without-scripts") });
    }, { javaScriptEnabled: false });
  });

  test("is zoomed into by a click, and out of again", async () => {
    await open("all.svg", async (page) => {
      const box = await middling(page);
      const before = await share(page, box);
      await box.click();
      assert.ok(await share(page, box) > 0.99);
      assert.ok(await page.locator(`${BOXES}.passed`).count() > 0, "its callers stay");
      const shown = await page.locator(BOXES).evaluateAll((boxes) =>
        boxes.filter((box) => /** @type {SVGElement} */ (box).style.display !== "none").length);
      assert.ok(shown < await page.locator(BOXES).count(), "others go");
      assert.match(await page.locator(".details").textContent() ?? "", /%, .* samples/);
      await page.screenshot({ path: screenshot("flame-zoomed") });

      await page.getByRole("button", { name: "Whole picture" }).click();
      assert.ok(Math.abs(await share(page, box) - before) < 0.01);
      await box.click();
      await page.keyboard.press("Escape");
      assert.ok(Math.abs(await share(page, box) - before) < 0.01);
    });
  });

  test("is searched", async () => {
    await open("all.svg", async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("system.threading");
      const found = await page.locator(`${BOXES}.found`).count();
      assert.ok(found > 0);
      assert.match(await page.locator(".result").innerText(), new RegExp(`^${found} found, [0-9.]+ %`));
      for (const title of await page.locator(`${BOXES}.found > title`).allTextContents()) {
        assert.match(title.split("\n", 1)[0] ?? "", /system\.threading/i);
      }
      await page.screenshot({ path: screenshot("flame-searched") });
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(`${BOXES}.found`).count(), 0);
    });
  });

  test("is walked through with the keys", async () => {
    await open("all.svg", async (page) => {
      await page.locator(".boxes").focus();
      const chosen = () => page.locator(`${BOXES}.chosen > title`).textContent();
      await page.keyboard.press("ArrowDown");
      const root = await chosen();
      await page.keyboard.press("ArrowDown");
      assert.notEqual(await chosen(), root);
      await page.keyboard.press("ArrowUp");
      assert.equal(await chosen(), root);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      assert.ok(await share(page, page.locator(`${BOXES}.chosen`)) > 0.99);
    });
  });

  test("can be in a page, beside another", async () => {
    await open("page.html", async (page) => {
      const [first, second] = await page.locator("svg.pipescope-flame").all();
      assert.ok(first && second);
      await second.locator("input").fill("a");
      assert.ok(await second.locator(".found").count() > 0);
      assert.equal(await first.locator(".found").count(), 0);
      const height = Number((await first.boundingBox())?.height);
      assert.ok(height > 100);
    });
  });
});

describe("a profile for Firefox", () => {
  test("is read by the Firefox Profiler", { timeout: 2 * DEADLINE }, async () => {
    const reader = resolve(import.meta.dirname, "../node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js");
    const env = { ...process.env, PROFILER_CLI_SESSION_DIR: folder, PROFILER_CLI_NO_SYMBOLICATE: "1" };
    const ask = async (/** @type {string[]} */ ...args) => {
      const command = [reader, ...args, "--session", "tests"];
      const { stdout } = await promisify(execFile)(process.execPath, command, { env, timeout: DEADLINE });
      return stdout;
    };
    // It answers from a process of its own. Started by itself it would give that half a second, which is too little here.
    const command = [reader, "--daemon", file("x.firefox.json"), "--session", "tests"];
    const daemon = spawn(process.execPath, command, { env, stdio: "ignore" });
    process.on("exit", () => daemon.kill("SIGKILL"));
    try {
      const about = await until("the reader", () => ask("profile", "info"));
      assert.match(about, /contains \d+ threads across 1 processes/);
      assert.match(await ask("thread", "samples"), /Top Functions/);
      const list = await ask("thread", "list");
      const written = JSON.parse(readFileSync(file("x.firefox.json"), "utf8"));
      assert.ok(list.includes(written.threads[0].name), list);
    } finally {
      daemon.kill("SIGKILL");
    }
  });
});
