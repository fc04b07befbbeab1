import { expect, test } from "vitest";

import { FAREWELL, Store, title, type ReadCounters } from "../src/model/store";
import type { Process } from "../src/wire";
import { counters, process, series } from "./samples";
import { World } from "./world";

/** Lets promises that are ready settle. */
const settle = () => new Promise((done) => setTimeout(done));

function open(target: string | null, read: ReadCounters = () => Promise.resolve(counters([10], { a: [1] }))) {
  const world = new World();
  const requests: string[] = [];
  const store = new Store(world, (uid, since, selection) => {
    requests.push(uid);
    return read(uid, since, selection);
  });
  store.watch(target);
  world.stream().fire("open");
  const list = (...processes: Process[]) => world.stream().send("processes", processes);
  return { world, store, requests, list };
}

test("the list asks for headlines only, a process for everything", () => {
  const { world, store } = open(null);
  expect(world.stream().url).toMatch(/^api\/v1\/live\?counters=System\.Runtime/);
  store.watch("u");
  expect(world.streams[0]?.closed).toBe(true);
  expect(world.stream().url).toBe("api/v1/live?uid=u");
  store.watch("u");
  expect(world.streams.length).toBe(2);
});

test("processes are read once they have answered, and again after a gap", async () => {
  const { world, requests, list } = open(null);
  list(process("a", 1), process("b", 2, { state: "connecting" }));
  await settle();
  expect(requests).toEqual(["a"]);
  list(process("a", 1), process("b", 2));
  await settle();
  expect(requests).toEqual(["a", "b"]);
  world.stream().fire("error");
  world.run(500);
  world.stream().fire("open");
  await settle();
  expect(requests).toEqual(["a", "b", "a", "b"]);
});

test("a process that ended is marked, then leaves the list", () => {
  const { world, store, list } = open(null);
  list(process("a", 1), process("b", 2));
  list(process("b", 2));
  expect(store.processes?.map(({ uid, state }) => [uid, state])).toEqual([["a", "gone"], ["b", "watching"]]);
  const realNow = Date.now;
  try {
    Date.now = () => realNow() + FAREWELL;
    world.run(FAREWELL);
  } finally {
    Date.now = realNow;
  }
  expect(store.processes?.map(({ uid }) => uid)).toEqual(["b"]);
});

test("the process that is looked at stays for as long as it is", () => {
  const { world, store, list } = open("a");
  list(process("a", 1));
  list();
  world.run(FAREWELL * 3);
  list();
  expect(store.process("a")?.state).toBe("gone");
});

test("a process that gets its final uid is the same process", () => {
  const { store, list } = open(null);
  list(process("provisional", 1, { state: "connecting" }));
  list(process("final", 1));
  expect(store.processes?.map(({ uid }) => uid)).toEqual(["final"]);
  expect(store.identity("provisional")).toBe("final");
  expect(store.identity("final")).toBe(null);
});

test("samples reach the history, and a series nobody described makes it be read again", async () => {
  const { world, store, requests, list } = open("u");
  list(process("u"));
  await settle();
  const history = store.history("u");
  world.stream().send("sample", { uid: "u", time: 11_000, values: { 0: 5 } });
  expect(history?.column(0)).toEqual([1, 5]);
  world.stream().send("series", { uid: "u", series: [series(1, "new")] });
  world.stream().send("sample", { uid: "u", time: 12_000, values: { 1: 6 } });
  expect(history?.column(1)).toEqual([null, null, 6]);
  const before = requests.length;
  world.stream().send("sample", { uid: "u", time: 13_000, values: { 9: 6 } });
  await settle();
  expect(requests.length).toBe(before + 1);
});

test("being too slow is counted and made good", async () => {
  const { world, store, requests, list } = open("u");
  list(process("u"));
  await settle();
  const before = requests.length;
  world.stream().send("skipped", { updates: 3 });
  await settle();
  expect([store.skipped, requests.length]).toEqual([3, before + 1]);
});

test("a process started through the shared host goes by its assembly", () => {
  expect(title(process("u", 1, { name: "dotnet", managedEntryPointAssemblyName: "Shop" }))).toBe("Shop");
  expect(title(process("u", 1, { name: "dotnet", managedEntryPointAssemblyName: null }))).toBe("dotnet");
  expect(title(process("u", 1, { name: "shop", managedEntryPointAssemblyName: "Shop.Web" }))).toBe("shop");
});
