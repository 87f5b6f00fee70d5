import {
  equalIntervals,
  type Intervals,
  intersectIntervals,
  intervalsKey,
  noIntervals,
  subtractIntervals,
  unionIntervals,
} from './intervals.ts';
import {
  canonicalSources,
  cellsKey,
  cellsOf,
  commonSources,
  containsCells,
  equalCells,
  intersectCells,
  type PortCells,
  subtractCells,
  unionCells,
} from './port-cells.ts';
import { everyDestination, everyPort } from './protocols.ts';

/** What is in a set of one protocol with ports, or of ICMP or ICMPv6, whose cells always have every source port. */
export interface ProtocolPart {
  readonly protocol: number;
  readonly cells: PortCells;
  /** Ascending by name, without the sources from which every port is in already. */
  readonly names: readonly NamedPortCell[];
}

export interface NamedPortCell {
  readonly name: string;
  readonly sources: Intervals;
}

/** The canonical part, undefined where nothing is in it. `names` must be sorted; their sources may be empty. */
export function partOf(protocol: number, cells: PortCells, names: readonly NamedPortCell[]): ProtocolPart | undefined {
  if (names.length === 0) return cells.length === 0 ? undefined : { protocol, cells, names };
  const common = commonSources(cells, everyPort);
  const kept = names
    .map(({ name, sources }) => ({ name, sources: canonicalSources(subtractIntervals(sources, common)) }))
    .filter(({ sources }) => sources.length > 0);
  return cells.length === 0 && kept.length === 0 ? undefined : { protocol, cells, names: kept };
}

export function wholePart(protocol: number): ProtocolPart {
  return { protocol, cells: cellsOf(everyDestination(protocol)), names: [] };
}

export function isWhole({ protocol, cells }: ProtocolPart): boolean {
  const [only] = cells;
  return (
    cells.length === 1 && only?.sources === everyPort && equalIntervals(only.destinations, everyDestination(protocol))
  );
}

export function unionParts(a: ProtocolPart, b: ProtocolPart): ProtocolPart | undefined {
  return partOf(a.protocol, unionCells(a.cells, b.cells), combineNames(a, b, written, unionIntervals));
}

/** A name stays only where the other side has it, or every port. */
export function intersectParts(a: ProtocolPart, b: ProtocolPart): ProtocolPart | undefined {
  return partOf(a.protocol, intersectCells(a.cells, b.cells), combineNames(a, b, held, intersectIntervals));
}

/** A name goes only where `b` has it, or every port. */
export function subtractParts(a: ProtocolPart, b: ProtocolPart): ProtocolPart | undefined {
  return partOf(a.protocol, subtractCells(a.cells, b.cells), subtractNames(a, b));
}

export function containsPart(a: ProtocolPart, b: ProtocolPart): boolean {
  return containsCells(a.cells, b.cells) && subtractNames(b, a).every(({ sources }) => sources.length === 0);
}

export function equalParts(a: ProtocolPart, b: ProtocolPart): boolean {
  return a.protocol === b.protocol && equalCells(a.cells, b.cells) && equalNames(a.names, b.names);
}

export function partKey({ protocol, cells, names }: ProtocolPart): string {
  const named = names.map(({ name, sources }) => `${JSON.stringify(name)}<${intervalsKey(sources)}`);
  return [`${protocol}:${cellsKey(cells)}`, ...named].join(' ');
}

function combineNames(
  a: ProtocolPart,
  b: ProtocolPart,
  sources: (part: ProtocolPart) => SourcesOf,
  operation: (a: Intervals, b: Intervals) => Intervals,
): readonly NamedPortCell[] {
  if (a.names.length === 0 && b.names.length === 0) return a.names;
  const inA = sources(a);
  const inB = sources(b);
  const names = [...new Set([...a.names, ...b.names].map(({ name }) => name))].sort();
  return names.map((name) => ({ name, sources: operation(inA(name), inB(name)) }));
}

function subtractNames(a: ProtocolPart, b: ProtocolPart): readonly NamedPortCell[] {
  if (a.names.length === 0) return a.names;
  const gone = held(b);
  return a.names.map(({ name, sources }) => ({ name, sources: subtractIntervals(sources, gone(name)) }));
}

type SourcesOf = (name: string) => Intervals;

/** From a name to the source ports from which that port is in the set by its name. */
function written({ names }: ProtocolPart): SourcesOf {
  if (names.length === 0) return () => noIntervals;
  const table = new Map(names.map(({ name, sources }) => [name, sources]));
  return (name) => table.get(name) ?? noIntervals;
}

/** From a name to the source ports from which that port is in the set whatever its number is. */
function held(part: ProtocolPart): SourcesOf {
  const common = commonSources(part.cells, everyPort);
  const byName = written(part);
  return (name) => unionIntervals(byName(name), common);
}

function equalNames(a: readonly NamedPortCell[], b: readonly NamedPortCell[]): boolean {
  return (
    a.length === b.length &&
    a.every((x, i) => {
      const y = b[i];
      return y !== undefined && x.name === y.name && equalIntervals(x.sources, y.sources);
    })
  );
}
