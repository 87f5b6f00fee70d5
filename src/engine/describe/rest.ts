import { isVoided, type Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';

/**
 * What becomes of traffic that none of the policy's rules decides, if no other policy does either:
 *
 * - denied: the tier ends in a refusal, as one does that does not exist
 * - passed: the tier hands it on to the next one
 * - elsewhere: the policy decides at a stage of its own, or not at all, and others decide behind it
 */
export type Rest = 'denied' | 'passed' | 'elsewhere';

export function restOf(policy: Policy, world: World): Rest {
  if (policy.stage !== 'normal' || isVoided(policy)) return 'elsewhere';
  return world.tier(policy.tier)?.defaultAction === 'pass' ? 'passed' : 'denied';
}
