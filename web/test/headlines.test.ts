import { expect, test } from "vitest";

import { bind, HEADLINES, headlineNow, headlineTrend, selection } from "../src/model/headlines";
import { History } from "../src/model/history";
import { format, join } from "../src/model/units";
import { counters } from "./samples";

function figures(history: History): Record<string, string> {
  const found: Record<string, string> = {};
  bind(history.series.values()).forEach((bound, index) => {
    if (bound) found[HEADLINES[index]?.id ?? ""] = join(format(headlineNow(history, bound), bound.unit, bound.rate));
  });
  return found;
}

test("figures come from EventCounters where there are some", () => {
  const history = new History(100);
  const data = counters([1], { "cpu-usage": [12.5], "working-set": [105], "exception-count": [2], other: [1] });
  data.series.forEach((one) => {
    if (one.name === "cpu-usage") one.unit = "%";
    if (one.name === "working-set") one.unit = "MB";
    if (one.name === "exception-count") one.kind = "increment";
  });
  history.replace(data);
  expect(figures(history)).toEqual({ cpu: "12.5%", memory: "100 MiB", exceptions: "2/s" });
});

test("and from the runtime's meter otherwise: sums over tags, CPU as a share of all processors", () => {
  const history = new History(100);
  const data = counters([1, 2], { user: [0.2, 0.5], system: [null, 0.1], cpus: [4, null], gen0: [1024, 2048], gen1: [0, 1024] });
  const names = ["dotnet.process.cpu.time", "dotnet.process.cpu.time", "dotnet.process.cpu.count"];
  data.series.forEach((one, index) => {
    one.source = "meter";
    one.name = names[index] ?? "dotnet.gc.last_collection.heap.size";
    one.kind = index < 2 ? "counter" : "upDownCounter";
    one.unit = index < 2 ? "s" : index === 2 ? "{cpu}" : "By";
    one.latest = index === 2 ? 4 : one.latest;
  });
  history.replace(data);
  expect(figures(history)).toEqual({ cpu: "15.0%", heap: "3.00 KiB" });
  const [cpu] = bind(history.series.values());
  expect(cpu && headlineTrend(history, cpu, 60)).toEqual([5, 15]);
});

test("a figure that stopped coming is not shown as if it were now", () => {
  const history = new History(100);
  history.replace(counters([1, 2, 3, 4], { "cpu-usage": [7, null, null, null] }));
  expect(figures(history)["cpu"]).toBe("–");
});

test("the selection names every counter of the table", () => {
  expect(selection()).toContain("System.Runtime[cpu-usage,dotnet.process.cpu.time,dotnet.process.cpu.count,");
  expect(selection()).toContain("Microsoft.AspNetCore.Hosting[requests-per-second,");
});
