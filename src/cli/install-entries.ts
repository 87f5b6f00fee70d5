import type { RegisteredEntry } from '../engine/install/registered.ts';
import type { World } from '../engine/model/world.ts';
import { matchesBox, readSelector } from '../engine/sets/labels.ts';
import type { EntryReport } from './install-report.ts';

/** What an entry asks about in this cluster, for a person to read. */
export function entryReport(entry: RegisteredEntry, world: World | undefined): EntryReport {
  return {
    name: entry.name,
    requests: requestLines(entry),
    failurePolicy: entry.failurePolicy,
    whenDown: entry.failurePolicy === 'Ignore' ? 'let-through' : 'refused',
    namespaces: namespacesOf(entry, world),
    conditions: entry.conditions.map(({ name }) => name),
  };
}

/** One line for what is alike but for the kind: `CREATE, UPDATE of networking.k8s.io/v1: networkpolicies`. */
function requestLines({ asked }: RegisteredEntry): readonly string[] {
  const byResource = Map.groupBy(asked, ({ group, version, resource }) => `${group}/${version} ${resource}`);
  const alike = Map.groupBy([...byResource.values()], (all) => {
    const [{ group, version } = { group: '', version: '' }] = all;
    const operations = [...new Set(all.map(({ operation }) => operation))].join(', ');
    return `${operations} ${group === '' ? version : `${group}/${version}`}`;
  });
  return [...alike].map(([head, all]) => `${head}: ${all.map(([first]) => first?.resource ?? '').join(', ')}`);
}

/** A selector of namespaces does nothing to what is in none, but for namespaces themselves. */
function namespacesOf(
  { asked, namespaceSelector }: RegisteredEntry,
  world: World | undefined,
): EntryReport['namespaces'] {
  const selector = readSelector(namespaceSelector);
  const concerned = asked.some(({ scope, resource }) => scope !== 'Cluster' || resource === 'namespaces');
  const all = world === undefined ? [] : [...world.namespaces()];
  if (!concerned || !selector.ok || all.length === 0) return undefined;
  const leftOut = all.filter(({ labels }) => !matchesBox(selector.box, labels)).map(({ name }) => name);
  return { asked: all.length - leftOut.length, leftOut: leftOut.sort() };
}
