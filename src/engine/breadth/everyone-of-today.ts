import { endpointKind, namespaceLabelOf, serviceAccountLabelOf, serviceAccountName } from '../model/attributes.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { World } from '../model/world.ts';
import { boxKey, isEveryBox, type LabelBox, type LabelLookup, matchesBox, restrictBox } from '../sets/labels.ts';

/** Below this there is too little to tell a selector that means everyone from one that means the few there are. */
const fewestNamespaces = 3;
const fewestPods = 10;

/** So many different selectors are remembered. */
const capacity = 256;

/** What was found for a selector, and in which World. */
interface Known {
  readonly world: World;
  /** A namespace that holds a pod outside; undefined where there is none. */
  readonly outside: string | undefined;
}

/**
 * Whether boxes hold every pod of every guarded namespace that exists now: no tautology, yet one in effect.
 *
 * To find out takes a look at every namespace, once. After that a pod outside is looked for where there was one before,
 * and where there was none, only in what has changed since.
 */
export class EveryoneOfToday {
  readonly #known = new Map<string, Known>();

  /** `isGuarded` must be the same at every call. */
  isMeantBy(boxes: readonly LabelBox[], world: World, isGuarded: (namespace: string) => boolean): boolean {
    if (boxes.length === 0 || world.podCount < fewestPods) return false;
    const key = boxes.map(boxKey).sort().join(' | ');
    const outside = this.#outside(boxes, world, isGuarded, this.#known.get(key));
    this.#known.delete(key);
    this.#known.set(key, { world, outside });
    const [oldest] = this.#known.keys();
    if (this.#known.size > capacity && oldest !== undefined) this.#known.delete(oldest);
    return outside === undefined && isCrowd(world, isGuarded);
  }

  #outside(
    boxes: readonly LabelBox[],
    world: World,
    isGuarded: (name: string) => boolean,
    known: Known | undefined,
  ): string | undefined {
    const holdsOutsider = (name: string) => isGuarded(name) && hasPodOutside(boxes, world, name);
    if (known?.outside !== undefined && holdsOutsider(known.outside)) return known.outside;
    const suspects =
      known !== undefined && known.outside === undefined
        ? world.namespacesChangedSince(known.world)
        : world.populatedNamespaces();
    for (const name of suspects) if (holdsOutsider(name)) return name;
    return undefined;
  }
}

function hasPodOutside(boxes: readonly LabelBox[], world: World, name: string): boolean {
  const pods = world.podsOf(name);
  if (pods.length === 0) return false;
  const { labels } = world.namespaceOrBare(name);
  const here = boxes.flatMap((box) => restrictBox(box, (key) => knownHere(key, labels)) ?? []);
  return !here.some(isEveryBox) && pods.some((pod) => !here.some((box) => matchesBox(box, ownAttributes(pod, world))));
}

/** What a pod is known by besides its kind and its namespace. */
function ownAttributes({ labels, serviceAccount, namespace }: PodClass, world: World): LabelLookup {
  const account = world.object('serviceAccounts', serviceAccount, namespace);
  return {
    get: (key) => {
      if (key === serviceAccountName) return serviceAccount;
      const label = serviceAccountLabelOf(key);
      return label === undefined ? labels.get(key) : account?.labels.get(label);
    },
  };
}

function knownHere(
  key: string,
  labels: ReadonlyMap<string, string>,
): { readonly value: string | undefined } | undefined {
  if (key === endpointKind) return { value: 'Pod' };
  const label = namespaceLabelOf(key);
  return label === undefined ? undefined : { value: labels.get(label) };
}

/** Whether there are enough pods in enough guarded namespaces to speak of everyone. */
function isCrowd(world: World, isGuarded: (namespace: string) => boolean): boolean {
  let namespaces = 0;
  let pods = 0;
  for (const name of world.populatedNamespaces()) {
    const here = world.podsOf(name).reduce((sum, pod) => sum + pod.count, 0);
    if (here === 0 || !isGuarded(name)) continue;
    namespaces += 1;
    pods += here;
    if (namespaces >= fewestNamespaces && pods >= fewestPods) return true;
  }
  return false;
}
