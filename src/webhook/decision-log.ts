import type { Logger } from 'pino';
import type { DecisionRecord } from './answer.ts';

const longestText = 256;
const longestList = 64;

/**
 * Writes the one line of a decision: a denial and what an exemption let through at info, any other allow at debug. Never a body. Names, users and headers come
 * from outside, so their length is capped, and what JSON leaves unescaped but a terminal would obey is replaced.
 *
 * @param seconds from the arrival of the request to its answer
 */
export function logDecision(
  log: Logger,
  record: DecisionRecord,
  seconds: number,
  traceparent: string | undefined,
): void {
  // What an exemption let through would have been denied, or warned of.
  const isTold = record.decision === 'deny' || record.exemptions.length > 0;
  // Nearly every decision is a plain allow, and at the usual level nobody wants to read of it.
  if (!isTold && !log.isLevelEnabled('debug')) return;
  const line = {
    uid: logText(record.uid),
    kind: logText(record.kind),
    namespace: logText(record.namespace),
    name: logText(record.name),
    operation: logText(record.operation),
    user: logText(record.user),
    dry_run: record.dryRun,
    decision: record.decision,
    guardrails: list([...record.denied, ...record.warned]),
    duration_ms: Math.round(seconds * 1_000_000) / 1000,
    config_hash: logText(record.configHash),
    ...(record.audited.length > 0 && { audit: list(record.audited) }),
    ...(record.notChecked.length > 0 && { not_checked: list(record.notChecked) }),
    ...(record.exemptions.length > 0 && { exemptions: list(record.exemptions) }),
    ...(isTraceparent(traceparent) && { traceparent }),
  };
  log[isTold ? 'info' : 'debug'](line, record.decision === 'deny' ? 'denied' : 'allowed');
}

/** A text from outside, fit for a log line: at most 256 characters, none of which moves a cursor or turns a line. */
export function logText(text: string): string {
  return text
    .slice(0, longestText)
    .toWellFormed()
    .replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function list(texts: readonly string[]): readonly string[] {
  return texts.slice(0, longestList).map(logText);
}

function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}
