// From a flat list of series to what is shown: providers, their instruments, and one line per tag set.

import type { Kind, Series, Source } from "../wire";
import { isRate, unitOfSeries, type Unit } from "./units";

export interface Line {
  id: number;
  /** What tells this line from the others of its instrument; empty when it is the only one. */
  label: string;
  /** Of a histogram: which quantile. */
  quantile: number | null;
}

export interface Instrument {
  /** Provider and name: what the URL calls it. */
  key: string;
  source: Source;
  provider: string;
  name: string;
  title: string;
  description: string;
  unit: Unit;
  kind: Kind;
  rate: boolean;
  /** Names of the tags that the lines' labels give values of, those in which the lines differ. */
  tagKeys: string[];
  /** Tags that all lines share. */
  commonTags: [key: string, value: string][];
  lines: Line[];
}

export interface Group {
  provider: string;
  instruments: Instrument[];
}

// Providers that nearly everybody wants to see before all others.
const FIRST = ["System.Runtime", "Microsoft.AspNetCore.Hosting"];

const RATE = "#rate";

export function group(series: Iterable<Series>): Group[] {
  const byInstrument = new Map<string, Series[]>();
  for (const one of series) {
    // How often a histogram recorded has another unit than what it recorded: a chart of its own.
    const key = `${one.provider}/${one.name}${one.part === "rate" ? RATE : ""}`;
    const known = byInstrument.get(key);
    if (known) known.push(one);
    else byInstrument.set(key, [one]);
  }
  const byProvider = new Map<string, Instrument[]>();
  for (const [key, members] of byInstrument) {
    const made = instrument(key, members);
    const known = byProvider.get(made.provider);
    if (known) known.push(made);
    else byProvider.set(made.provider, [made]);
  }
  return [...byProvider]
    .map(([provider, instruments]) => ({ provider, instruments: instruments.sort(inOrder) }))
    .sort((a, b) => rank(a.provider) - rank(b.provider) || a.provider.localeCompare(b.provider, "en"));
}

/** EventCounters in the order their source has them, then a meter's instruments, which have none, by name. */
function inOrder(a: Instrument, b: Instrument): number {
  if (a.source !== b.source) return a.source === "eventCounter" ? -1 : 1;
  return a.source === "eventCounter" ? 0 : a.name.localeCompare(b.name, "en");
}

function rank(provider: string): number {
  const index = FIRST.indexOf(provider);
  return index < 0 ? FIRST.length : index;
}

function instrument(key: string, members: Series[]): Instrument {
  const first = members[0] as Series;
  const commonTags = members.length === 1 ? [] : first.tags.filter((tag) => members.every((one) => has(one, tag)));
  const common = new Set(commonTags.map(([key]) => key));
  const tagKeys = [...new Set(members.flatMap((one) => one.tags.map(([key]) => key)))].filter((key) => !common.has(key));
  const lines = members
    .map((one) => ({ id: one.id, label: label(one, tagKeys), quantile: one.quantile, sortKey: sortKey(one) }))
    .sort((a, b) => a.sortKey.localeCompare(b.sortKey, "en", { numeric: true }))
    .map(({ sortKey: _, ...line }) => line);
  return {
    key,
    source: first.source,
    provider: first.provider,
    name: first.name,
    title: `${first.displayName || first.name}${first.part === "rate" ? " (count)" : ""}`,
    description: first.description,
    unit: unitOfSeries(first),
    kind: first.kind,
    rate: isRate(first),
    tagKeys,
    commonTags,
    lines,
  };
}

function has(series: Series, [key, value]: [string, string]): boolean {
  return series.tags.some((tag) => tag[0] === key && tag[1] === value);
}

function label(series: Series, keys: string[]): string {
  const tags = new Map(series.tags);
  const parts = keys.flatMap((key) => {
    const value = tags.get(key);
    return value === undefined ? [] : [value === "" ? "(empty)" : value];
  });
  if (series.quantile !== null) parts.push(`p${series.quantile * 100}`);
  return parts.join(" · ");
}

function sortKey(series: Series): string {
  return `${series.tags.map(([key, value]) => `${key}=${value}`).join(",")} ${series.quantile ?? ""}`;
}

/** Keeps the instruments that contain every word of `filter` in their provider, name, title or tags. */
export function filterGroups(groups: Group[], filter: string): Group[] {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return groups;
  return groups
    .map(({ provider, instruments }) => ({
      provider,
      instruments: instruments.filter((one) => {
        const text = [one.key, one.title, ...one.tagKeys, ...one.commonTags.flat(), ...one.lines.map((line) => line.label)]
          .join(" ")
          .toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter(({ instruments }) => instruments.length > 0);
}
