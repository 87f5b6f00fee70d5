import { dig, field, isAbsent } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Problem } from '../../model/policy.ts';
import { builtInTiers, defaultTierOrder, type TierDefinition } from '../../model/tier.ts';
import { Problems } from '../problems.ts';
import { checkNames, tierName } from './names.ts';

/** A Tier. Without an order it has that of `default`, and its name decides which of the two is first. */
export function readTier(object: unknown, { name }: ObjectRef): TierDefinition {
  const order = dig(object, 'spec', 'order');
  return {
    name,
    order: typeof order === 'number' ? order : defaultTierOrder,
    defaultAction: dig(object, 'spec', 'defaultAction') === 'Pass' ? 'pass' : 'deny',
  };
}

/**
 * What is wrong with a Tier. Those that are built in have one order and one default action, which the API holds them to.
 *
 * Source: projectcalico/calico api/pkg/apis/projectcalico/v3/tier.go and libcalico-go/lib/validator/v3/validator.go.
 */
export function tierProblems(object: unknown, ref: ObjectRef): readonly Problem[] {
  const problems = new Problems();
  checkNames(object, ref, problems);
  if (ref.name !== '' && !tierName.test(ref.name)) {
    problems.add('bad-name', ['metadata', 'name'], ref.name, 'tier-name');
  }
  const spec = field(object, 'spec');
  if (!problems.isStruct(spec, ['spec'])) return problems.found();
  problems.checkFields(spec, ['spec'], ['order', 'defaultAction']);
  const [order, action] = [field(spec, 'order'), field(spec, 'defaultAction')];
  if (!isAbsent(order) && typeof order !== 'number') problems.wrongType(['spec', 'order'], order, 'number');
  if (!isAbsent(action) && action !== 'Deny' && action !== 'Pass') {
    problems.wrongType(['spec', 'defaultAction'], action, 'tier-action');
  }
  const fixed = builtInTiers.get(ref.name);
  if (fixed === undefined) return problems.found();
  if (typeof order === 'number' && order !== fixed.order) {
    problems.add('bad-type', ['spec', 'order'], order, `order-of-${ref.name}`);
  }
  // Without an action a tier denies.
  const written = isAbsent(action) ? 'Deny' : action;
  if ((written === 'Deny' || written === 'Pass') && written.toLowerCase() !== fixed.defaultAction) {
    problems.add('bad-type', ['spec', 'defaultAction'], action, `action-of-${ref.name}`);
  }
  return problems.found();
}
