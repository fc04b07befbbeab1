import { expect, test } from "vitest";

import { filterGroups, group } from "../src/model/instruments";
import { series } from "./samples";

const meter = { source: "meter", provider: "Shop" } as const;

test("series are grouped by provider and instrument, the runtime first", () => {
  const groups = group([
    series(0, "sold", { ...meter, tags: [["size", "10"]] }),
    series(1, "sold", { ...meter, tags: [["size", "9"]] }),
    series(2, "cpu-usage"),
    series(3, "bought", meter),
  ]);
  expect(groups.map(({ provider }) => provider)).toEqual(["System.Runtime", "Shop"]);
  const shop = groups[1]?.instruments.map(({ name, lines }) => [name, lines.map((line) => line.label)]);
  expect(shop).toEqual([
    ["bought", [""]],
    ["sold", ["9", "10"]],
  ]);
});

test("labels leave out the tags that all lines share", () => {
  const tags = (route: string, code: string): [string, string][] => [
    ["method", "GET"],
    ["route", route],
    ["code", code],
  ];
  const [only] = group([
    series(0, "d", { ...meter, tags: tags("/", "200") }),
    series(1, "d", { ...meter, tags: tags("/a", "200") }),
    series(2, "d", { ...meter, tags: tags("/a", "") }),
  ]);
  const instrument = only?.instruments[0];
  expect(instrument?.commonTags).toEqual([["method", "GET"]]);
  expect(instrument?.tagKeys).toEqual(["route", "code"]);
  expect(instrument?.lines.map((line) => line.label)).toEqual(["/ · 200", "/a · (empty)", "/a · 200"]);
});

test("a histogram's quantiles share a chart; how often it recorded has its own", () => {
  const histogram = { ...meter, kind: "histogram", unit: "s", tags: [["a", "b"]] as [string, string][] } as const;
  const [only] = group([
    series(0, "d", { ...histogram, part: "quantile", quantile: 0.99 }),
    series(1, "d", { ...histogram, part: "quantile", quantile: 0.5 }),
    series(2, "d", { ...histogram, part: "rate" }),
  ]);
  const [quantiles, rate] = only?.instruments ?? [];
  expect(quantiles?.lines.map((line) => line.label)).toEqual(["p50", "p99"]);
  expect([quantiles?.unit.dimension, quantiles?.rate]).toEqual(["seconds", false]);
  expect([rate?.title, rate?.unit.dimension, rate?.rate]).toEqual(["d (count)", "count", true]);
  expect(rate?.key).not.toBe(quantiles?.key);
});

test("every word of a filter must match somewhere", () => {
  const groups = group([
    series(0, "gc-heap-size", { displayName: "GC Heap Size" }),
    series(1, "sold", { ...meter, tags: [["shop", "Paris"]] }),
    series(2, "sold", { ...meter, tags: [["shop", "Rome"]] }),
  ]);
  const names = (filter: string) => filterGroups(groups, filter).flatMap((one) => one.instruments.map(({ name }) => name));
  expect(names("")).toEqual(["gc-heap-size", "sold"]);
  expect(names("  HEAP gc ")).toEqual(["gc-heap-size"]);
  expect(names("paris")).toEqual(["sold"]);
  expect(names("heap paris")).toEqual([]);
});
