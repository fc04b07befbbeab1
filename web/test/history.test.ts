import { expect, test } from "vitest";

import { firstAtOrAfter, History, nearest } from "../src/model/history";
import { counters, series } from "./samples";

test("samples extend the columns, with gaps where a series said nothing", () => {
  const history = new History(1000);
  history.replace(counters([10, 11], { a: [1, 2], b: [null, 5] }));
  expect(history.append({ uid: "u", time: 12_000, values: { 0: 3 } })).toBe(true);
  expect(history.times).toEqual([10, 11, 12]);
  expect(history.column(0)).toEqual([1, 2, 3]);
  expect(history.column(1)).toEqual([null, 5, null]);
  expect(history.latest(0)).toBe(3);
  expect(history.recent(1, 1)).toBe(null);
  expect(history.recent(1, 3)).toBe(5);
});

test("a sample that the history has already is not added twice", () => {
  const history = new History(1000);
  history.replace(counters([10, 11], { a: [1, 2] }));
  history.append({ uid: "u", time: 11_000, values: { 0: 9 } });
  expect(history.column(0)).toEqual([1, 2]);
});

test("reading again keeps samples that came meanwhile", () => {
  const history = new History(1000);
  history.replace(counters([10], { a: [1] }));
  history.append({ uid: "u", time: 20_000, values: { 0: 20 } });
  history.append({ uid: "u", time: 21_000, values: { 0: 21 } });
  history.replace(counters([10, 15, 20], { a: [1, 15, 20] }));
  expect(history.times).toEqual([10, 15, 20, 21]);
  expect(history.column(0)).toEqual([1, 15, 20, 21]);
});

test("a new series starts with a gap; one that was never described says so", () => {
  const history = new History(1000);
  history.replace(counters([10], { a: [1] }));
  expect(history.append({ uid: "u", time: 11_000, values: { 7: 1 } })).toBe(false);
  history.describe([series(7, "late")]);
  expect(history.append({ uid: "u", time: 12_000, values: { 7: 4 } })).toBe(true);
  expect(history.column(7)).toEqual([null, null, 4]);
});

test("what is older than the retention goes, in every column at once", () => {
  const history = new History(100);
  history.replace(counters([0], { a: [0], b: [0] }));
  for (let time = 1; time <= 500; time += 1) {
    history.append({ uid: "u", time: time * 1000, values: { 0: time, 1: -time } });
  }
  expect(history.times.length).toBeLessThan(165);
  expect(history.times[0]).toBeLessThanOrEqual(400);
  expect(history.column(0)).toEqual(history.times);
  expect(history.column(1).length).toBe(history.times.length);
});

test("a value is read back at the time nearest to the cursor, and nowhere else", () => {
  const history = new History(1000);
  history.replace(counters([10, 11, 20], { a: [1, 2, 3] }));
  expect(history.at(0, 10.4)).toBe(1);
  expect(history.at(0, 10.6)).toBe(2);
  expect(history.at(0, 15)).toBe(null);
  expect(history.at(0, 20.9)).toBe(3);
  expect(history.at(5, 10)).toBe(null);
});

test("searching finds the borders", () => {
  expect(nearest([], 1)).toBe(null);
  expect(nearest([5, 7], 6)).toBe(0);
  expect(nearest([5, 7], 100)).toBe(1);
  expect([0, 5, 6, 7, 8].map((time) => firstAtOrAfter([5, 7], time))).toEqual([0, 0, 1, 1, 2]);
});
