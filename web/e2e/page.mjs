// What the tests look at on the pages.

/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {import("playwright-core").Page} Page */

/**
 * The row of a process in the list.
 * @param {Page} page
 * @param {number} pid
 */
export function rowOf(page, pid) {
  return page.locator(`tr[data-pid="${pid}"]`);
}

/**
 * The number of a headline figure; NaN while there is none.
 * @param {Locator} within
 * @param {string} headline
 */
export async function figure(within, headline) {
  const text = await within.locator(`[data-headline=${headline}] .number`).innerText();
  return Number.parseFloat(text.replaceAll(",", ""));
}

/**
 * The chart of a counter, `provider/name`.
 * @param {Page} page
 * @param {string} counter
 */
export function chart(page, counter) {
  const card = page.locator(`[data-counter="${counter}"]`);
  const element = card.locator(".chart");
  const data = async (/** @type {string} */ name) => Number((await element.getAttribute(`data-${name}`)) ?? 0);
  return {
    element,
    /** How many points it draws. */
    points: () => data("points"),
    /** The time of its last point, Unix seconds. */
    newest: () => data("newest"),
    /** The figure beside its title. */
    value: async () => (await card.locator("header .figure").innerText()).replaceAll(/\s/g, ""),
    /** Where it can be pointed at. */
    box: async () => {
      const box = await element.locator(".u-over").boundingBox();
      if (box === null) throw new Error(`the chart of ${counter} is not on the page`);
      return box;
    },
  };
}

/**
 * What a chart looks like, as text.
 * @param {Locator} element
 */
export function canvas(element) {
  return element.locator("canvas").evaluate((picture) => /** @type {HTMLCanvasElement} */ (picture).toDataURL());
}
