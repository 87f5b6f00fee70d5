import type { Connection } from '../reach/connection.ts';
import type { ReachDiff } from '../reach/diff.ts';
import { matchesWorkload, type ReachFilters } from '../reach/filter.ts';
import type { EndpointEntry, ReachReport, UnknownEntry } from '../reach/report.ts';
import { sayReasons } from '../reach/unknown-reason.ts';
import type { Language } from '../words/language.ts';
import { plainLine } from './plain.ts';
import { trafficText } from './reach-traffic.ts';

const phrases = {
  en: {
    summary: (endpoints: number, connections: number, unknown: number, profile: string) =>
      `${endpoints} endpoints, ${connections} connections, ${unknown} unknown (profile ${profile})`,
    to: (id: string) => `To ${id}`,
    isolated: ' (ingress isolated)',
    open: ' (ingress open)',
    host: ' (host network)',
    from: 'from',
    everyOther: 'every other endpoint',
    nobody: 'Nothing reaches',
    unknown: 'Unknown',
    opened: 'Opened',
    closed: 'Closed',
    same: 'No connection is opened or closed.',
  },
  ja: {
    summary: (endpoints: number, connections: number, unknown: number, profile: string) =>
      `エンドポイント ${endpoints}、接続 ${connections}、不明 ${unknown} (プロファイル ${profile})`,
    to: (id: string) => `宛先 ${id}`,
    isolated: ' (受信は隔離)',
    open: ' (受信は制限なし)',
    host: ' (ホストネットワーク)',
    from: '送信元',
    everyOther: 'ほかのすべてのエンドポイント',
    nobody: '到達できるものがない宛先',
    unknown: '不明',
    opened: '新たに通る',
    closed: '通らなくなる',
    same: '接続に変化はありません。',
  },
} as const;

/** The report for people: for each destination, who may send it what. `filters` are those that the report was made with. */
export function renderReachText(report: ReachReport, language: Language, filters: ReachFilters = {}): string {
  const say = phrases[language];
  const { endpoints, connections, unknown, profile } = report;
  const lines = [say.summary(endpoints.length, connections.length, unknown.length, profile)];
  const known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const byDestination = Map.groupBy(connections, (connection) => connection.to);
  const doubtful = new Set(unknown.map((entry) => entry.to));
  const isUnreached = (endpoint: EndpointEntry) =>
    endpoint.kind !== 'Addresses' &&
    (endpoint.kind === 'Host' || matchesWorkload(endpoint, filters.to)) &&
    !byDestination.has(endpoint.id) &&
    !doubtful.has(endpoint.id);
  for (const [to, incoming] of [...byDestination].sort(byKey)) {
    lines.push('', plainLine(say.to(to) + isolation(known.get(to), language)));
    lines.push(...senders(incoming, endpoints.length - 1, language));
  }
  // With some sources only, nobody can say what reaches a destination at all.
  const unreached = filters.from === undefined ? endpoints.filter(isUnreached) : [];
  if (unreached.length > 0) lines.push('', say.nobody, ...unreached.map((endpoint) => `  ${plainLine(endpoint.id)}`));
  if (unknown.length > 0) lines.push('', say.unknown, ...unknownLines(unknown, language));
  return `${lines.join('\n')}\n`;
}

/** The difference for people. */
export function renderReachDiffText(diff: ReachDiff, language: Language): string {
  const say = phrases[language];
  const lines: string[] = [];
  for (const [title, connections] of [
    [say.opened, diff.opened],
    [say.closed, diff.closed],
  ] as const) {
    if (connections.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(
      title,
      ...connections.map((one) => `  ${plainLine(`${one.from} -> ${one.to}: ${trafficText(one, language)}`)}`),
    );
  }
  return `${lines.length === 0 ? say.same : lines.join('\n')}\n`;
}

function isolation(endpoint: EndpointEntry | undefined, language: Language): string {
  if (endpoint?.kind !== 'Workload') return '';
  if (endpoint.hostNetwork) return phrases[language].host;
  return endpoint.isolated.ingress ? phrases[language].isolated : phrases[language].open;
}

/** The senders to one destination, those that may send the same on one line. */
function senders(connections: readonly Connection[], others: number, language: Language): readonly string[] {
  const say = phrases[language];
  const byTraffic = Map.groupBy(connections, (connection) => trafficText(connection, language));
  return [...byTraffic].sort(byKey).map(([traffic, group]) => {
    const from = group.length > 1 && group.length === others ? say.everyOther : group.map((one) => one.from).join(', ');
    return `  ${plainLine(`${traffic} ${say.from} ${from}`)}`;
  });
}

/** The pairs nothing certain can be said of, those for the same reasons together. */
function unknownLines(unknown: readonly UnknownEntry[], language: Language): readonly string[] {
  const byReason = Map.groupBy(unknown, (entry) => sayReasons(entry.reasons, language));
  return [...byReason].flatMap(([why, entries]) => [
    `  ${why}:`,
    ...entries.map((entry) => `    ${plainLine(`${entry.from} -> ${entry.to}`)}`),
  ]);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
