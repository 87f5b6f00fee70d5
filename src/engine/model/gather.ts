import { asList, asString, dig, field } from '../json/read.ts';
import { makesPods, type PodClass, readPodClass } from './endpoint.ts';
import { groupKind, type ObjectRef, refKey, splitApiVersion } from './object.ts';
import { World } from './world.ts';
import type { WorldOrigin } from './world-parts.ts';

export interface Gathered {
  readonly object: unknown;
  readonly ref: ObjectRef;
}

/** The World that a list of objects makes. Of two of the same kind and name the later one counts. */
export function gather(
  objects: readonly Gathered[],
  origin: WorldOrigin = 'files',
  onto: World = World.empty(origin),
): World {
  const latest = new Map(objects.map((one) => [refKey(one.ref), one]));
  let world = onto;
  const makers = [...latest.values()].filter((one) => makesPods(groupKind(one.ref)));
  for (const { object, ref } of latest.values()) if (!makesPods(groupKind(ref))) world = world.with(object, ref);
  for (const pod of podClasses(makers)) world = world.withPods(undefined, pod);
  return world;
}

/** A Pod or ReplicaSet whose controller is there too is that controller's: it only adds its addresses, and a name to ask for. */
function podClasses(makers: readonly Gathered[]): readonly PodClass[] {
  const byKey = new Map(makers.map((one) => [refKey(one.ref), one]));
  const addresses = new Map<string, string[]>();
  const members = new Map<string, string[]>();
  const heads = new Map<string, Gathered>();
  for (const one of makers) {
    const head = headOf(one, byKey);
    const key = refKey(head.ref);
    heads.set(key, head);
    const own = classOf(one);
    if (head === one || own?.running !== true) continue;
    addresses.set(key, [...(addresses.get(key) ?? []), ...own.addresses]);
    members.set(key, [...(members.get(key) ?? []), one.ref.name]);
  }
  return [...heads].flatMap(([key, head]) => {
    const own = classOf(head);
    return own === undefined
      ? []
      : [
          {
            ...own,
            addresses: [...new Set([...own.addresses, ...(addresses.get(key) ?? [])])].sort(),
            members: members.get(key) ?? [],
          },
        ];
  });
}

function classOf({ object, ref }: Gathered): PodClass | undefined {
  return readPodClass(object, ref, ref.namespace ?? 'default');
}

/** Up the chain of controllers as far as it is there; owners that own each other end it. */
function headOf(one: Gathered, byKey: ReadonlyMap<string, Gathered>): Gathered {
  let head = one;
  const seen = new Set<Gathered>();
  while (!seen.has(head)) {
    seen.add(head);
    const owner = controllerOf(head);
    const next = owner === undefined ? undefined : byKey.get(refKey(owner));
    if (next === undefined) return head;
    head = next;
  }
  return head;
}

function controllerOf({ object, ref }: Gathered): ObjectRef | undefined {
  const owner = (asList(dig(object, 'metadata', 'ownerReferences')) ?? []).find(
    (one) => field(one, 'controller') === true,
  );
  const kind = asString(field(owner, 'kind'));
  const name = asString(field(owner, 'name'));
  if (kind === undefined || name === undefined) return undefined;
  return { ...splitApiVersion(asString(field(owner, 'apiVersion')) ?? ''), kind, namespace: ref.namespace, name };
}
