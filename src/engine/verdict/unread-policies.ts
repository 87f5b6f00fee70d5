import type { CheckContext } from '../guardrails/context.ts';
import type { ConfiguredGuardrail, Findings } from '../guardrails/define.ts';
import { World } from '../model/world.ts';

/** Kinds that decide together with every other policy of their tier: without them no fold is complete. */
const decidingKinds = ['NetworkPolicy.projectcalico.org', 'GlobalNetworkPolicy.projectcalico.org'];

/**
 * Whether policies may be in force that the World was not allowed to read. A kind that is not served has no objects,
 * which is knowledge; and files are the whole of what is judged.
 */
export function lacksPolicies(world: World): boolean {
  return world.origin === 'cluster' && decidingKinds.some((kind) => !world.knows(kind));
}

/**
 * What a guardrail finds where policies could not be read: what hangs on no other policy, or must not be missed. For the
 * rest it is said that it was not checked, and so it is where nothing was found and a policy that was not read might have
 * made a difference, which a guardrail tells by what it misses when there is no World at all.
 */
export function checkWithoutPolicies({ check }: ConfiguredGuardrail, context: CheckContext): Findings {
  const { findings, notChecked } = check(context);
  const sure = findings.filter(({ hangsOnWorld, toldInDoubt }) => !hangsOnWorld || toldInDoubt);
  const isUnsure = sure.length < findings.length || needsPolicies(check(withoutWorld(context)));
  return isUnsure ? { findings: sure, notChecked: [...notChecked, 'unread-policies'] } : { findings, notChecked };
}

/** Flows are asked about for pods, and so it is pods that are missed first. */
function needsPolicies({ notChecked }: Findings): boolean {
  return notChecked.includes('no-policies') || notChecked.includes('no-pods');
}

function withoutWorld(context: CheckContext): CheckContext {
  const { ref, object, oldObject } = context.change;
  const none = World.empty('none');
  return {
    ...context,
    before: oldObject === undefined ? none : none.with(oldObject, ref),
    after: object === undefined ? none : none.with(object, ref),
  };
}
