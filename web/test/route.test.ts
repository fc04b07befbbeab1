import { expect, test } from "vitest";

import { LIST, parse, print, processRoute, type Route } from "../src/route";

const UID = "cd4da319-fa9e-4987-ac4e-e57b2aac248b";

function check(route: Route, fragment: string): void {
  expect(print(route)).toBe(fragment);
  expect(parse(fragment)).toEqual(route);
}

test("every route can be printed and read back", () => {
  check(LIST, "#/");
  check({ ...LIST, filter: "shop web", sort: "-cpu" }, "#/?q=shop+web&sort=-cpu");
  check(processRoute(UID), `#/p/${UID}`);
  check({ ...processRoute(UID, "web"), tab: "details" }, `#/p/${UID}/details?name=web`);
  check(
    {
      ...processRoute(UID, "web"),
      minutes: 15,
      filter: "gc",
      zoom: { from: 1_790_000_000_000, to: 1_790_000_060_000 },
      focus: "System.Runtime/cpu-usage",
    },
    `#/p/${UID}?name=web&w=15&q=gc&c=System.Runtime%2Fcpu-usage&from=1790000000000&to=1790000060000`,
  );
});

test("nonsense becomes the nearest thing that makes sense", () => {
  expect(parse("")).toEqual(LIST);
  expect(parse("#/nowhere")).toEqual(LIST);
  expect(parse("#/p")).toEqual(LIST);
  expect(parse(`#/p/${UID}/nonsense?w=7&from=9&to=3`)).toEqual(processRoute(UID));
  expect(parse(`#/p/${UID}?from=9`)).toEqual(processRoute(UID));
});
