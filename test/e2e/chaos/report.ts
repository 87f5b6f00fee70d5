import type { Findings, Span } from './chaos.ts';
import type { Call } from './load.ts';
import type { Lost } from './service.ts';

/** A call to which the webhook gave no answer, and what became of its connection. */
export interface Failure {
  readonly call: Call;
  readonly why: Lost['why'] | 'unexplained';
}

export interface Judged {
  /** In none of those spans in which nobody was left. */
  readonly failures: readonly Failure[];
  /** Answered by the webhook, and not as is evident. */
  readonly wrong: readonly Call[];
  /** Let through by the failure policy of deletions while nobody answered. */
  readonly letThrough: readonly Call[];
  /** Neither the webhook's nor, at that time, the API server's business. */
  readonly unclear: readonly Call[];
}

export function judgeFindings({ calls, spans, lost, failedOpen }: Findings): Judged {
  const inOutage = (call: Call) => spans.some((span) => span.nobodyLeft && overlaps(span, call));
  const inRestart = (call: Call) => spans.some((span) => span.apiServer && overlaps(span, call));
  return {
    failures: explained(calls, lost, failedOpen).filter(({ call }) => !inOutage(call)),
    wrong: calls.filter((call) => call.isWrong && !failedOpen.has(call.auditId)),
    letThrough: calls.filter((call) => failedOpen.has(call.auditId)),
    unclear: calls.filter((call) => call.outcome === 'unclear' || (call.outcome === 'api-server' && !inRestart(call))),
  };
}

/** Each failed call belongs to one connection that was lost while it was under way. */
function explained(calls: readonly Call[], lost: readonly Lost[], failedOpen: ReadonlySet<string>): Failure[] {
  const left = [...lost];
  return calls
    .filter((call) => call.outcome === 'webhook-failed' || failedOpen.has(call.auditId))
    .map((call) => {
      const at = left.findIndex((one) => one.at >= call.began - 5 && one.at <= call.ended + 5);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      return { call, why: found?.why ?? 'unexplained' };
    });
}

function overlaps(span: Span, call: Call): boolean {
  return call.began <= span.to && call.ended >= span.from;
}

const columns = [
  'What happened',
  'times',
  'calls',
  'no answer',
  'let through',
  'wrong',
  'API server',
  'slowest',
] as const;

/** A table in Markdown: a call counts in each line in whose time it falls. */
export function table(findings: Findings): string {
  const { calls, spans } = findings;
  const judged = judgeFindings(findings);
  const row = (name: string, times: number | '', some: readonly Call[]): string[] => {
    const count = (among: readonly Call[]) => String(some.filter((call) => among.includes(call)).length);
    const failed = some.filter(({ outcome }) => outcome === 'webhook-failed').length;
    const apiServer = some.filter(({ outcome }) => outcome === 'api-server').length;
    const answered = some.filter(({ outcome }) => outcome !== 'api-server');
    const slowest = Math.max(0, ...answered.map(({ began, ended }) => ended - began));
    return [
      name,
      String(times),
      String(some.length),
      String(failed),
      count(judged.letThrough),
      count(judged.wrong),
      String(apiServer),
      `${slowest} ms`,
    ];
  };
  // With nobody there, it does not matter what else happens.
  const outage = spans.filter(({ nobodyLeft }) => nobodyLeft);
  const names = [...new Set(spans.map(({ name }) => name))];
  const rows = names.map((name) => {
    const own = spans.filter((span) => span.name === name);
    const isOutage = own.some(({ nobodyLeft }) => nobodyLeft);
    return row(
      name,
      own.length,
      calls.filter(
        (call) =>
          own.some((span) => overlaps(span, call)) && (isOutage || !outage.some((span) => overlaps(span, call))),
      ),
    );
  });
  const calm = calls.filter((call) => !spans.some((span) => overlaps(span, call)));
  return markdown([[...columns], ...rows, row('nothing', '', calm), row('in all', '', calls)]);
}

function markdown(cells: readonly (readonly string[])[]): string {
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const [heading = '', ...body] = lines;
  return [heading, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

/** Everything in words, for whoever runs it. */
export function summary(findings: Findings): string {
  const { calls, seconds, skipped, mended, outages, lost } = findings;
  const { failures, wrong, letThrough, unclear } = judgeFindings(findings);
  const byReason = Map.groupBy(failures, ({ why }) => why);
  const byText = Map.groupBy(
    failures,
    ({ call }) => /failed to call webhook[^"]*"[^"]*"[^"]*/.exec(call.text)?.[0] ?? call.outcome,
  );
  const closed = Map.groupBy(lost, ({ why }) => why);
  const show = (map: Map<string, readonly unknown[]>) =>
    [...map].map(([what, all]) => `${all.length} ${what}`).join(', ');
  return [
    `${calls.length} calls in ${seconds.toFixed(0)} s (${(calls.length / seconds).toFixed(1)} a second), ${skipped} skipped, ${mended} times mended`,
    `without an answer of the webhook, outside of the time with no replica: ${failures.length} (${show(byReason)})`,
    ...[...byText].map(([text, all]) => `  ${all.length}: ${text.replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')}`),
    `connections lost: ${show(closed)}`,
    `let through unasked: ${letThrough.length}; wrong: ${wrong.length}; unclear: ${unclear.length}`,
    ...[...wrong, ...unclear].map(callText),
    ...outages.map(
      ({ backAfter, meanwhile }) =>
        `no replica: back ${backAfter} ms after the start; meanwhile ${JSON.stringify(meanwhile)}`,
    ),
  ].join('\n');
}

function callText({ began, ended, namespace, step, outcome, text }: Call): string {
  return `  ${new Date(began).toISOString()} ${ended - began} ms ${namespace} ${step.what}: ${outcome}: ${text.slice(0, 400)}`;
}
