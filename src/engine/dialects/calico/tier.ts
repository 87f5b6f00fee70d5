import { dig } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import { defaultTierOrder, type TierDefinition } from '../../model/tier.ts';

/** A Tier. Without an order it has that of `default`, and its name decides which of the two is first. */
export function readTier(object: unknown, { name }: ObjectRef): TierDefinition {
  const order = dig(object, 'spec', 'order');
  return {
    name,
    order: typeof order === 'number' ? order : defaultTierOrder,
    defaultAction: dig(object, 'spec', 'defaultAction') === 'Pass' ? 'pass' : 'deny',
  };
}
