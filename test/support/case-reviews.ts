import { loadEntries } from '../../src/config/load.ts';
import { placed, plan, withoutMirrors } from '../../src/engine/check/changes.ts';
import { isJudged } from '../../src/engine/dialects/resources.ts';
import type { GuardrailSet } from '../../src/engine/guardrails/guardrail-set.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import type { Change } from '../../src/engine/model/change.ts';
import { gather } from '../../src/engine/model/gather.ts';
import { refKey } from '../../src/engine/model/object.ts';
import type { World } from '../../src/engine/model/world.ts';
import type { CaseFile } from './case-file.ts';

/** A change of a case as the API server would ask about it. */
export interface CaseReview {
  readonly what: string;
  readonly change: Change;
  readonly world: World;
  readonly set: GuardrailSet;
  readonly now: number;
}

/**
 * The changes of a case, each asked about alone and in order, as the webhook is.
 *
 * @param rewrite another spelling of an object, of the World or given
 * @param order the objects of the World in another order
 */
export function reviewsOf(
  one: CaseFile,
  rewrite: (object: unknown) => unknown = (object) => object,
  order: <T>(objects: readonly T[]) => readonly T[] = (objects) => objects,
): readonly CaseReview[] {
  const loaded = loadEntries(one.configuration, { registry, now: one.now });
  if (!loaded.ok) throw new Error(`${one.path}: ${loaded.problems.map(({ message }) => message).join()}`);
  const place = (document: CaseFile['given'][number]) => placed(rewrite(document.value), undefined, one.namespace);
  const held = one.world.map(place);
  const { cases } = plan(held, one.given.map(place), { remove: one.remove, user: one.user });
  const distinct = new Map(withoutMirrors(held).map((object) => [refKey(object.ref), object]));
  const world = gather(order([...distinct.values()]));
  return [...cases].flatMap(({ change }) =>
    isJudged(change.ref)
      ? [{ what: `${one.path}: ${change.ref.name}`, change, world, set: loaded.set, now: one.now }]
      : [],
  );
}

/** The AdmissionReview of a change, as its JSON would be parsed. */
export function reviewOf({ ref, operation, object, oldObject, user, dryRun }: Change, uid: string): unknown {
  const { group, version, kind } = ref;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group, version, kind },
      operation,
      ...(ref.namespace !== undefined && { namespace: ref.namespace }),
      name: ref.name,
      userInfo: { username: user.name, groups: user.groups },
      dryRun,
      object: object ?? null,
      oldObject: oldObject ?? null,
    },
  };
}
