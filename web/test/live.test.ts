import { expect, test } from "vitest";

import { LiveConnection, SILENCE, type ConnectionState } from "../src/model/live";
import { World } from "./world";

function connected() {
  const world = new World();
  const log: string[] = [];
  const connection = new LiveConnection(world, {
    opened: () => log.push("opened"),
    event: (name, data) => log.push(`${name} ${JSON.stringify(data)}`),
    changed: (state: ConnectionState) => log.push(state),
  });
  connection.connect("live");
  return { world, log, connection };
}

test("events arrive parsed, and only from the present stream", () => {
  const { world, log, connection } = connected();
  const first = world.stream();
  first.fire("open");
  first.send("sample", { a: 1 });
  connection.connect("other");
  expect(first.closed).toBe(true);
  first.send("sample", { a: 2 });
  expect(world.stream().url).toBe("other");
  expect(log).toEqual(["live", "opened", 'sample {"a":1}']);
});

test("a lost stream is opened again, with growing pauses that start over after a success", () => {
  const { world, log } = connected();
  const pauses: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const before = world.now;
    const failed = world.stream();
    failed.fire("error");
    world.runUntil(() => world.stream() !== failed);
    pauses.push(world.now - before);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  expect(log).toEqual(["lost"]);

  world.stream().fire("open");
  const before = world.now;
  const failed = world.stream();
  failed.fire("error");
  world.runUntil(() => world.stream() !== failed);
  expect(world.now - before).toBe(500);
  expect(log).toEqual(["lost", "live", "opened", "lost"]);
});

test("a stream that says nothing for too long counts as lost", () => {
  const { world, log } = connected();
  const silent = world.stream();
  silent.fire("open");
  world.run(SILENCE - 1);
  silent.send("clock", { time: 1 });
  world.run(SILENCE - 1);
  expect(log).toEqual(["live", "opened", 'clock {"time":1}']);
  world.run(1);
  expect(log.at(-1)).toBe("lost");
  expect(silent.closed).toBe(true);
});

test("whoever is impatient need not wait", () => {
  const { world, connection } = connected();
  const failed = world.stream();
  failed.fire("error");
  connection.retryNow();
  expect(world.stream()).not.toBe(failed);
  world.stream().fire("open");
  const live = world.stream();
  connection.retryNow();
  expect(world.stream()).toBe(live);
});
