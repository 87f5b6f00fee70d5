import type { ConfiguredGuardrail, Finding } from '../guardrails/define.ts';
import { type FindingSet, someContainsFinding } from '../guardrails/finding-set.ts';
import type { CheckContext } from '../model/check-context.ts';

/**
 * An update is answerable only for what it makes worse. The old object is judged in the same World; a new finding whose
 * set lies inside that of an old finding of the same guardrail was there before, whatever its key was called.
 *
 * The answer is worked out at most once a guardrail, and only when a finding asks.
 */
export class Ratchet {
  readonly #context: CheckContext;
  readonly #alone: boolean;
  #before: CheckContext | undefined;
  readonly #old = new Map<ConfiguredGuardrail, readonly FindingSet[]>();

  constructor(context: CheckContext, alone: boolean) {
    this.#context = context;
    this.#alone = alone;
  }

  wasThere(guardrail: ConfiguredGuardrail, finding: Finding): boolean {
    const { set } = finding;
    if (!finding.ratchets || set === undefined || this.#context.change.operation !== 'UPDATE') return false;
    return someContainsFinding(this.#setsOf(guardrail), set);
  }

  #setsOf(guardrail: ConfiguredGuardrail): readonly FindingSet[] {
    const known = this.#old.get(guardrail);
    if (known !== undefined) return known;
    this.#before ??= asItWas(this.#context, this.#alone);
    const sets = guardrail.check(this.#before).findings.flatMap((finding) => finding.set ?? []);
    this.#old.set(guardrail, sets);
    return sets;
  }
}

/** The same case with the old object in the new one's place: nothing changes in it. */
function asItWas(context: CheckContext, alone: boolean): CheckContext {
  const { change, before, after } = context;
  const world = alone ? before : after.with(change.oldObject, change.ref);
  return {
    ...context,
    change: { ...change, object: change.oldObject },
    policy: context.oldPolicy,
    before: world,
    after: world,
  };
}
