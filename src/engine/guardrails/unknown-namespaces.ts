import { canonicalJson } from '../json/canonical.ts';
import { dig } from '../json/read.ts';
import { nameLabel } from '../model/attributes.ts';
import { admitsBarePod, everyPod, namespacePart } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import { type Direction, decidesForPods, ruleList } from '../model/policy.ts';
import type { Scope } from '../reach/scope.ts';
import { type LabelBox, matchesBox, overlapBoxes } from '../sets/labels.ts';

/**
 * Whether pods may be concerned of namespaces that nobody has told of: files that hold no Namespace tell of those in which
 * something lies, by their names and nothing else.
 */
export function missesNamespaces(context: CheckContext, scope: Scope, required: readonly Direction[]): boolean {
  const { before, after, change } = context;
  if (scope.change === 'policy' || scope.change === 'namespace') return false;
  if (before.knows('Namespace') || after.knows('Namespace')) return false;
  const parts = scope.change === 'tier' ? partsInTier(context, change.ref.name) : partsOf(context, required);
  return parts.some((part) => !goesByName(part) || !isMet(part, context));
}

/** Of a policy that is changed or goes: one that only comes takes no default deny away. */
function partsOf({ change, oldPolicy }: CheckContext, required: readonly Direction[]): readonly LabelBox[] {
  if (oldPolicy === undefined || !decidesForPods(oldPolicy)) return [];
  const [now, old] = [change.object, change.oldObject].map((object) => canonicalJson(dig(object, 'spec')));
  if (now === old || !required.some((direction) => ruleList(oldPolicy, direction).applies)) return [];
  return oldPolicy.subject.endpoints.filter(isDefault).map(namespacePart);
}

/** Whether it is about whoever is there, and not about those who carry a label. */
function isDefault(box: LabelBox): boolean {
  return overlapBoxes(box, everyPod) && admitsBarePod(box);
}

function partsInTier({ before, after }: CheckContext, tier: string): readonly LabelBox[] {
  return [before, after]
    .flatMap((world) => [...world.policiesInTier(tier)])
    .flatMap(({ cluster }) => (cluster?.decides === true ? cluster.parts : []))
    .filter(({ pod }) => admitsBarePod(pod))
    .map(({ namespace }) => namespace);
}

function goesByName(box: LabelBox): boolean {
  return box.conditions.every(({ key }) => key === nameLabel);
}

function isMet(box: LabelBox, { before, after, isGuarded }: CheckContext): boolean {
  return [before, after].some((world) =>
    [...world.populatedNamespaces()].some(
      (name) => isGuarded(name) && matchesBox(box, world.namespaceOrBare(name).labels),
    ),
  );
}
