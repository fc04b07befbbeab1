import { expect, test } from "vitest";

import { axisSteps, format, join, tick, unitOf } from "../src/model/units";

function check(value: number | null, unit: string, expected: string, rate = false): void {
  expect(join(format(value, unitOf(unit), rate)), `${value} ${unit}`).toBe(expected);
}

test("bytes take a prefix of 1024, whatever unit the source counts in", () => {
  check(0, "By", "0 B");
  check(1023, "B", "1,023 B");
  check(1024, "B", "1.00 KiB");
  check(1536, "By", "1.50 KiB");
  check(1024 ** 2 - 1, "By", "1.00 MiB");
  check(105, "MB", "100 MiB");
  check(34, "MB", "32.4 MiB");
  check(123.4 * 1024 ** 3, "By", "123 GiB");
  check(-2048, "By", "−2.00 KiB");
  check(8_388_608, "B", "8.00 MiB/s", true);
});

test("durations take the unit that fits", () => {
  check(0, "s", "0 s");
  check(0.00000042, "s", "420 ns");
  check(0.0123, "s", "12.3 ms");
  check(12.3, "ms", "12.3 ms");
  check(1500, "ms", "1.50 s");
  check(119, "s", "119 s");
  check(600, "s", "10.0 min");
  check(36_000, "s", "10.0 h");
  check(0.25, "s", "250 ms/s", true);
});

test("percentages keep their scale", () => {
  check(0, "%", "0.00%");
  check(3.14159, "%", "3.14%");
  check(99.95, "%", "100.0%");
});

test("counts have separators for thousands and say what they count", () => {
  check(1_234_567, "", "1,234,567");
  check(1_234_567, "count", "1,234,567");
  check(3, "{thread}", "3 thread");
  check(2, "widgets", "2 widgets");
  check(1234.56, "", "1,235");
  check(0.5, "{request}", "0.50 request/s", true);
  check(12.345, "", "12.35/s", true);
  check(0.00012, "", "0.00012");
  check(-0.001, "", "−0.0010");
});

test("what is not there is a dash", () => {
  check(null, "By", "–");
  check(Number.NaN, "%", "–", true);
  check(Infinity, "s", "∞");
  check(-0.0001, "%", "0.00%");
});

test("ticks are short", () => {
  const labels = (unit: string, ...values: number[]) => values.map((value) => tick(value, unitOf(unit)));
  expect(labels("By", 0, 524_288, 1_048_576, 1_572_864)).toEqual(["0", "512 KiB", "1 MiB", "1.5 MiB"]);
  expect(labels("%", 5, 10, 2.5)).toEqual(["5%", "10%", "2.5%"]);
  expect(labels("", 0.2, 1500, 25_000, 3_000_000)).toEqual(["0.2", "1500", "25 k", "3 M"]);
  expect(labels("ms", 0.5, 1500)).toEqual(["500 µs", "1.5 s"]);
});

test("axis steps are round in what is shown, not in what is counted", () => {
  expect(axisSteps(unitOf("MB")).some((step) => Math.abs(step * 1e6 - 1024 ** 2) < 1e-6)).toBe(true);
  expect(axisSteps(unitOf("ms"))).toContain(500);
});
