import type { Asked } from '../cluster/ask.ts';
import type { InstallFinding, Passed } from './install-report.ts';

/** What one look came to. */
export interface Found {
  readonly passed?: readonly Passed[];
  readonly findings?: readonly InstallFinding[];
}

/** What an answer other than the object says. */
export function unanswered(asked: Exclude<Asked, { kind: 'ok' }>, what: string, verb: string, rule: string): Found {
  if (asked.kind === 'forbidden')
    return { findings: [{ key: 'missing-right', severity: 'unknown', verb: `${verb} ${what}`, rule }] };
  const reason = asked.kind === 'absent' ? 'it is not there' : asked.reason;
  return { findings: [{ key: 'not-answered', severity: 'unknown', what, reason }] };
}
