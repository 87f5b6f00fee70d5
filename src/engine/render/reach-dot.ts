import type { Connection } from '../reach/connection.ts';
import type { ReachDiff } from '../reach/diff.ts';
import type { ReachReport } from '../reach/report.ts';
import { plainLine } from './plain.ts';
import { trafficText } from './reach-traffic.ts';

/** The report as a Graphviz graph: workloads by namespace, what is not certain with dashed edges. */
export function renderReachDot(report: ReachReport): string {
  const namespaces = new Map<string, string[]>();
  const lone: string[] = [];
  for (const endpoint of report.endpoints) {
    if (endpoint.kind === 'Addresses') lone.push(`  ${quote(endpoint.id)} [shape=ellipse];`);
    else if (endpoint.kind === 'Host') lone.push(`  ${quote(endpoint.id)} [shape=box3d];`);
    else
      namespaces.set(endpoint.namespace, [...(namespaces.get(endpoint.namespace) ?? []), `    ${quote(endpoint.id)};`]);
  }
  const clusters = [...namespaces].flatMap(([name, nodes]) => [
    `  subgraph ${quote(`cluster_${name}`)} {`,
    `    label=${quote(name)};`,
    ...nodes,
    '  }',
  ]);
  const unsure = report.unknown.map(({ from, to }) => edge({ from, to }, '?', ', style=dashed'));
  return graph([
    ...clusters,
    ...lone,
    ...report.connections.map((one) => edge(one, trafficText(one, 'en'), '')),
    ...unsure,
  ]);
}

/** The difference as a Graphviz graph: opened edges are green, closed ones red and dotted. */
export function renderReachDiffDot(diff: ReachDiff): string {
  const drawn = (connections: readonly Connection[], sign: string, style: string) =>
    connections.map((one) => edge(one, `${sign} ${trafficText(one, 'en')}`, style));
  return graph([
    ...drawn(diff.opened, '+', ', color=darkgreen, fontcolor=darkgreen'),
    ...drawn(diff.closed, '-', ', color=red, fontcolor=red, style=dotted'),
  ]);
}

function graph(lines: readonly string[]): string {
  return ['digraph reach {', '  rankdir=LR;', '  node [shape=box];', ...lines, '}', ''].join('\n');
}

function edge({ from, to }: { readonly from: string; readonly to: string }, label: string, style: string): string {
  return `  ${quote(from)} -> ${quote(to)} [label=${quote(label)}${style}];`;
}

/** A double-quoted string, in which Graphviz reads nothing but what it shows. */
function quote(text: string): string {
  return `"${plainLine(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
