import { isObject } from '../json/read.ts';
import type { Change } from '../model/change.ts';
import type { FelixConfiguration } from '../model/felix-configuration.ts';
import type { World } from '../model/world.ts';
import { type FelixChain, FelixChains } from './chains.ts';
import { failsafeField, failsafeSides } from './failsafe-value.ts';
import { felixParameters } from './parameters.ts';

/** What counted on some nodes before a change, and what does after it. */
export interface NodesAtStake {
  readonly before: readonly FelixChain[];
  readonly after: readonly FelixChain[];
}

/** So many looks at a node by a selector, some 100 ns each. */
const mostWork = 500_000;

/**
 * The nodes for which it may matter that one object changes, those with the same chains together. Undefined where there
 * are too many nodes to look at.
 *
 * An object that a selector makes count is looked at on the nodes of today; where none is known, on nodes of which only
 * that is known.
 */
export function nodesAtStake(
  changed: FelixChange,
  worlds: { readonly before: World; readonly after: World },
): readonly NodesAtStake[] | undefined {
  const before = new FelixChains(worlds.before);
  const after = new FelixChains(worlds.after);
  const one = changed.before ?? changed.after;
  if (one === undefined) return [];
  switch (one.scope.kind) {
    case 'every-node':
      return [{ before: [before.elsewhere()], after: [after.elsewhere()] }];
    case 'node':
      return [{ before: before.on(one.scope.node), after: after.on(one.scope.node) }];
  }
  const nodes = worlds.after.countOf('nodes');
  if (nodes === 0) return [{ before: before.onNodesOf(one), after: after.onNodesOf(one) }];
  if (nodes * (before.selected.length + after.selected.length) > mostWork) return undefined;
  const found = new Map<string, NodesAtStake>();
  const isChanged = (one: FelixConfiguration) => one === changed.before || one === changed.after;
  for (const { name, labels } of worlds.after.objects('nodes')) {
    if (![changed.before, changed.after].some((each) => mayChoose(each, labels))) continue;
    const stake = { before: before.on(name), after: after.on(name) };
    // Where an older one counts before and after, it is the same with this one and without it.
    if (![...stake.before, ...stake.after].some((chain) => chain.some(isChanged))) continue;
    const told = { before: stake.before.map(speaking), after: stake.after.map(speaking) };
    found.set(namesIn(told), told);
  }
  return [...found.values()];
}

/** Without the objects of single nodes that say nothing: there may be one for every node, and most are empty. */
function speaking(chain: FelixChain): FelixChain {
  return chain.filter(
    ({ scope, parameters, spec }) => scope.kind !== 'node' || parameters.length > 0 || saysMore(spec),
  );
}

const matters: ReadonlySet<string> = new Set([
  ...failsafeSides.map((side) => failsafeField[side]),
  ...felixParameters.map(({ field }) => field),
]);

function saysMore(spec: unknown): boolean {
  return isObject(spec) && Object.keys(spec).some((field) => matters.has(field));
}

function mayChoose(one: FelixConfiguration | undefined, labels: ReadonlyMap<string, string>): boolean {
  if (one === undefined) return false;
  return one.scope.kind !== 'selected' || one.scope.selects(labels);
}

function namesIn({ before, after }: NodesAtStake): string {
  const text = (chains: readonly FelixChain[]) =>
    chains.map((chain) => chain.map(({ ref }) => ref.name).join(' ')).join(',');
  return `${text(before)};${text(after)}`;
}

/** A change of a FelixConfiguration, read. */
export interface FelixChange {
  readonly before: FelixConfiguration | undefined;
  readonly after: FelixConfiguration | undefined;
}

/** Undefined for a change of anything else. */
export function changedFelix(
  change: Change,
  worlds: { readonly before: World; readonly after: World },
): FelixChange | undefined {
  if (change.ref.kind !== 'FelixConfiguration') return undefined;
  const { name } = change.ref;
  return {
    before: change.operation === 'CREATE' ? undefined : worlds.before.object('felixConfigurations', name),
    after: change.operation === 'DELETE' ? undefined : worlds.after.object('felixConfigurations', name),
  };
}
