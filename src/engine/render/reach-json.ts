import type { Connection } from '../reach/connection.ts';
import type { ReachDiff } from '../reach/diff.ts';
import type { EndpointEntry, ReachReport } from '../reach/report.ts';

/** The report as one JSON document: stable order of keys, one endpoint or pair a line. Ends in a line break. */
export function renderReachJson(report: ReachReport): string {
  const { apiVersion, kind, profile } = report;
  return documentOf({ apiVersion, kind, profile }, [
    ['endpoints', report.endpoints.map(endpointFields)],
    ['connections', report.connections.map(connectionFields)],
    ['unknown', report.unknown.map(({ from, to, why, reasons }) => ({ from, to, why, reasons }))],
  ]);
}

/** The difference in the same form. */
export function renderReachDiffJson(diff: ReachDiff): string {
  const { apiVersion, kind, profile } = diff;
  return documentOf({ apiVersion, kind, profile }, [
    ['opened', diff.opened.map(connectionFields)],
    ['closed', diff.closed.map(connectionFields)],
  ]);
}

function documentOf(head: object, lists: readonly (readonly [name: string, entries: readonly object[]])[]): string {
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  for (const [name, entries] of lists) {
    const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
    fields.push(`  ${JSON.stringify(name)}: ${entries.length === 0 ? '[]' : `[\n${lines}\n  ]`}`);
  }
  return `{\n${fields.join(',\n')}\n}\n`;
}

function endpointFields(endpoint: EndpointEntry): object {
  const { id, kind } = endpoint;
  if (kind === 'Addresses') return { id, kind };
  if (kind === 'Host') {
    const { node, name, addresses } = endpoint;
    return { id, kind, node, name, addresses };
  }
  const { namespace, name, hostNetwork, addresses } = endpoint;
  const isolated = { ingress: endpoint.isolated.ingress, egress: endpoint.isolated.egress };
  return { id, kind, namespace, name, hostNetwork, addresses, isolated };
}

function connectionFields({ from, to, all, TCP, UDP, SCTP, other }: Connection): object {
  return { from, to, all, TCP, UDP, SCTP, other };
}
