import { resourceOf } from '../dialects/resources.ts';
import type { GuardrailSet } from '../guardrails/guardrail-set.ts';
import { probeAnswer } from '../install/probe.ts';
import { type Case, judge } from '../judge.ts';
import type { Change } from '../model/change.ts';
import type { Namespace } from '../model/namespace.ts';
import { isForWantOfWorld } from '../model/not-checked.ts';
import { World } from '../model/world.ts';
import { renderResponse } from '../render/admission.ts';
import type { NotChecked, Verdict } from '../verdict/verdict.ts';
import type { Language } from '../words/language.ts';
import { readReview } from './review.ts';

/** What was decided, for the log, the metrics and the audit. */
export interface DecisionRecord {
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly operation: string;
  readonly user: string;
  readonly dryRun: boolean;
  readonly decision: 'allow' | 'deny';
  /** Whether it is a denial that a policy made a moment ago, which the World does not hold yet, would turn into an allow. */
  readonly unsettled: boolean;
  /** `guardrail/key` each. */
  readonly denied: readonly string[];
  readonly warned: readonly string[];
  readonly audited: readonly string[];
  /** `guardrail: reason` each. */
  readonly notChecked: readonly string[];
  readonly exemptions: readonly string[];
  readonly configHash: string;
}

export type ReviewAnswer =
  | { readonly kind: 'answered'; readonly body: string; readonly record: DecisionRecord }
  /** No AdmissionReview v1 that could be answered: one sentence, and an HTTP error. */
  | { readonly kind: 'refused'; readonly status: 400; readonly message: string };

export interface Judgement {
  readonly world: World;
  /** Whether the World is too old to be relied on. What can be judged without one still is, and for the rest it is said. */
  readonly isStale?: boolean;
  readonly set: GuardrailSet;
  readonly language: Language;
  /** The address that the request came from; undefined where it came over no network. Only a probe is told of it. */
  readonly caller?: string | undefined;
}

const nothingToSay: Verdict = { allowed: true, findings: [], notChecked: [], exemptions: [] };
const notOurs: Verdict = { ...nothingToSay, notChecked: [{ guardrail: '*', reason: 'unknown-kind' }] };

/**
 * Answers one AdmissionReview: the same bytes whichever door it came through.
 *
 * @param review the parsed body
 * @param now milliseconds since 1970
 */
export function answerReview(review: unknown, judgement: Judgement, now: number): ReviewAnswer {
  const { set, language, caller } = judgement;
  const reading = readReview(review);
  if (!reading.ok) return { kind: 'refused', status: 400, message: reading.message };
  const { uid, change } = reading;
  // No subresource of a policy holds anything that is read.
  const verdict = reading.subresource
    ? nothingToSay
    : resourceOf(change.ref)?.fromFilesOnly === true
      ? notOurs
      : judgedIn(judgement, change, now);
  return {
    kind: 'answered',
    body: renderResponse(uid, change, verdict, set.hash, language, probeAnswer(change, caller)),
    record: record(uid, change, verdict, set.hash),
  };
}

/**
 * With a stale World a change is judged as without any, but for the labels of its own namespace, which say whether it is
 * judged at all: those last known are the best guess at what holds.
 */
function judgedIn({ world, isStale = false, set }: Judgement, change: Change, now: number): Verdict {
  if (!isStale) return judge(new RequestCase(change, world), set, now);
  const { namespace } = change.ref;
  const own = namespace === undefined ? undefined : world.namespaceOrBare(namespace);
  const verdict = judge(new RequestCase(change, World.empty('none'), own), set, now);
  const notChecked = new Map<string, NotChecked>();
  for (const { guardrail, reason: bare } of verdict.notChecked) {
    const reason = isForWantOfWorld(bare) ? 'stale-world' : bare;
    notChecked.set(`${guardrail} ${reason}`, { guardrail, reason });
  }
  return { ...verdict, notChecked: [...notChecked.values()] };
}

/**
 * The World without and with the change, each made when it is asked for. The request knows its old object better than a
 * World that may lag behind it.
 *
 * A class, as an object literal with getters gets a hidden class of its own each time, which outlives the request.
 */
class RequestCase implements Case {
  readonly change: Change;
  readonly alone = true;
  readonly namespace: Namespace | undefined;
  readonly #world: World;
  #before: World | undefined;
  #after: World | undefined;

  constructor(change: Change, world: World, namespace?: Namespace) {
    this.change = change;
    this.namespace = namespace;
    this.#world = world;
  }

  get before(): World {
    this.#before ??= this.#worldBefore();
    return this.#before;
  }

  get after(): World {
    const { operation, object, ref } = this.change;
    this.#after ??= operation === 'DELETE' ? this.before.without(ref) : this.before.with(object, ref);
    return this.#after;
  }

  #worldBefore(): World {
    const { operation, oldObject, ref } = this.change;
    if (oldObject !== undefined) return this.#world.with(oldObject, ref);
    return operation === 'CREATE' ? this.#world.without(ref) : this.#world;
  }
}

function record(uid: string, change: Change, verdict: Verdict, configHash: string): DecisionRecord {
  const named = (effect: string) =>
    verdict.findings.filter((one) => one.effect === effect).map((one) => `${one.guardrail}/${one.key}`);
  return {
    uid,
    kind: change.ref.kind,
    namespace: change.ref.namespace ?? '',
    name: change.ref.name,
    operation: change.operation,
    user: change.user.name,
    dryRun: change.dryRun,
    decision: verdict.allowed ? 'allow' : 'deny',
    unsettled:
      !verdict.allowed && verdict.findings.every(({ effect, hangsOnWorld }) => effect !== 'deny' || hangsOnWorld),
    denied: named('deny'),
    warned: named('warn'),
    audited: named('audit'),
    notChecked: verdict.notChecked.map((one) => `${one.guardrail}: ${one.reason}`),
    exemptions: verdict.exemptions,
    configHash,
  };
}
