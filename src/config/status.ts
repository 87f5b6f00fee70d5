import { asList, asString, field, type JsonObject, sameJson } from '../engine/json/read.ts';
import type { Language } from '../engine/words/language.ts';
import type { Standing } from './composition.ts';
import type { Sentence } from './sentences.ts';
import * as words from './status-words.ts';

export const exemptionStates = ['Active', 'Expired', 'Invalid', 'NotYet'] as const;
export const guardrailSetStates = ['InForce', 'Invalid', 'Superseded'] as const;
export type State = (typeof exemptionStates)[number] | (typeof guardrailSetStates)[number];

/** The last request that got by with an exemption. */
export interface Use {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly user: string;
  readonly operation: string;
  /** Such as `NetworkPolicy shop/web`. */
  readonly object: string;
}

/** Uses nearer to the one that is written are not written: an exemption is written to once a minute at most. */
const usesApart = 60_000;

/**
 * @param now milliseconds since 1970
 */
export function stateOf({ kind, faults, supersededBy, exemption }: Standing, now: number): State {
  if (faults.length > 0) return 'Invalid';
  if (kind === 'GuardrailSet') return supersededBy === undefined ? 'InForce' : 'Superseded';
  if (exemption === undefined) return 'Invalid';
  return now < exemption.notBefore ? 'NotYet' : now > exemption.expires ? 'Expired' : 'Active';
}

/**
 * The status that an object ought to have; undefined where it has it already. It depends on the object, on what is in
 * force and on the time, not on the replica: two that know the same want the same.
 *
 * @param use the last use that this replica has seen
 */
export function wantedStatus(
  standing: Standing,
  use: Use | undefined,
  now: number,
  language: Language,
): JsonObject | undefined {
  const { generation, status } = standing.object;
  const conditions = [accepted(standing), ready(standing, now)].map(({ type, holds, reason, message }) => {
    const truth = holds ? 'True' : 'False';
    const before = (asList(field(status, 'conditions')) ?? []).find((one) => field(one, 'type') === type);
    const since = field(before, 'status') === truth ? asString(field(before, 'lastTransitionTime')) : undefined;
    return {
      type,
      status: truth,
      observedGeneration: generation,
      lastTransitionTime: since ?? moment(now),
      reason,
      message: message[language],
    };
  });
  const used = lastUse(field(status, 'lastUsed'), use);
  const kept = standing.version ?? standing.object.accepted;
  const wanted: JsonObject = {
    state: stateOf(standing, now),
    observedGeneration: generation,
    conditions,
    ...(kept !== undefined && { accepted: { generation: kept.generation, spec: kept.spec ?? {} } }),
    ...(used !== undefined && { lastUsed: used }),
  };
  return sameJson(wanted, status) ? undefined : wanted;
}

interface ConditionNow {
  readonly type: 'Accepted' | 'Ready';
  readonly holds: boolean;
  readonly reason: string;
  readonly message: Sentence;
}

function accepted({ faults, version }: Standing): ConditionNow {
  const type = 'Accepted';
  if (faults.length === 0) return { type, holds: true, reason: type, message: words.accepted() };
  return { type, holds: false, reason: 'Invalid', message: words.invalid(faults, version?.generation) };
}

function ready(standing: Standing, now: number): ConditionNow {
  const type = 'Ready';
  const { kind, faults, version, exemption, supersededBy } = standing;
  const no = (reason: string, message: Sentence) => ({ type, holds: false, reason, message }) as const;
  if (supersededBy !== undefined) return no('Superseded', words.superseded(supersededBy));
  if (version === undefined) return no('Invalid', words.notInForce());
  if (exemption !== undefined && now > exemption.expires)
    return no('Expired', words.expired(moment(exemption.expires)));
  if (exemption !== undefined && now < exemption.notBefore) {
    return no('NotYet', words.notYet(moment(exemption.notBefore)));
  }
  if (faults.length > 0) {
    return { type, holds: true, reason: 'LastAccepted', message: words.lastAccepted(version.generation) };
  }
  const reason = kind === 'Exemption' ? 'Active' : 'InForce';
  return { type, holds: true, reason, message: words.inForce() };
}

function lastUse(written: unknown, use: Use | undefined): unknown {
  if (use === undefined) return written;
  const before = Date.parse(asString(field(written, 'time')) ?? '');
  if (use.at - before < usesApart) return written;
  return { time: moment(use.at), user: use.user, operation: use.operation, object: use.object };
}

/** As the API server writes times, to the second. */
function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
