import type { CheckContext } from '../../model/check-context.ts';
import type { PodClass } from '../../model/endpoint.ts';
import type { Flow } from '../../model/flow.ts';
import type { Direction } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { inAny, isolated, leftPods, podsOfToday } from '../../reach/isolation.ts';
import type { Scope } from '../../reach/scope.ts';
import type { LabelBox } from '../../sets/labels.ts';

/** What a change makes of the isolation of one namespace in one direction. */
export interface State {
  readonly namespace: string;
  readonly direction: Direction;
  readonly kind: 'lost' | 'weakened' | 'absent' | 'partial' | 'kept' | 'unknown';
  /** The boxes of pods left open after the change, or newly open where something was lost. */
  readonly open: readonly LabelBox[];
  readonly before: readonly LabelBox[];
  readonly after: readonly LabelBox[];
}

export function compare(context: CheckContext, scope: Scope, namespace: string, direction: Direction): State {
  const after = isolated(context.after, namespace, direction);
  const open = leftPods(after);
  const state = (kind: State['kind'], boxes: readonly LabelBox[], before: readonly LabelBox[] = []): State => ({
    namespace,
    direction,
    kind,
    open: boxes,
    before,
    after,
  });
  if (open === undefined) return state('unknown', []);
  if (open.length === 0) return state('kept', []);
  const before = isolated(context.before, namespace, direction);
  const openBefore = leftPods(before);
  if (openBefore === undefined) return state('unknown', []);
  // What goes is told where it goes: of changes that come together, only the one whose own pods are opened is to blame.
  const newlyOpen = newlyOpenOf(scope.own(namespace, direction), before, after);
  if (newlyOpen === undefined) return state('unknown', []);
  if (newlyOpen.length > 0) return state(openBefore.length === 0 ? 'lost' : 'weakened', newlyOpen, before);
  if (context.change.operation === 'DELETE' || scope.change === 'tier' || scope.change === 'namespace') {
    return state('kept', open, before);
  }
  return state(after.length === 0 ? 'absent' : 'partial', open, before);
}

/** The pods that what is changed governs, that were isolated, and are not any more. */
function newlyOpenOf(
  own: readonly LabelBox[],
  before: readonly LabelBox[],
  after: readonly LabelBox[],
): readonly LabelBox[] | undefined {
  const found: LabelBox[] = [];
  for (const box of own) {
    const open = leftPods(after, box);
    if (open === undefined) return undefined;
    for (const one of open) {
      const open = leftPods(before, one);
      if (open === undefined) return undefined;
      // Pods of the box that nothing isolated before are none that it loses.
      if (open.length === 0) found.push(one);
      else {
        const isolatedOnes = leftPods(open, one);
        if (isolatedOnes === undefined) return undefined;
        found.push(...isolatedOnes);
      }
    }
  }
  return found;
}

/** The pods of today that a change opens. */
export function openedPods(world: World, states: readonly State[]): readonly PodClass[] {
  const byNamespace = Map.groupBy(states, ({ namespace }) => namespace);
  return [...byNamespace].flatMap(([namespace, some]) =>
    podsOfToday(world, namespace).filter((pod) => some.some((state) => isOpened(state, pod, world))),
  );
}

function isOpened(state: State, pod: PodClass, world: World): boolean {
  if (inAny(state.after, pod, world)) return false;
  return state.kind === 'partial' || state.kind === 'absent' || inAny(state.before, pod, world);
}

/** A deletion may take the default deny where what was reviewed elsewhere is being applied, or where it opens nothing of today. */
export function mayGo(context: CheckContext, states: readonly State[]): boolean {
  if (context.change.operation !== 'DELETE') return false;
  if (context.byDeployer) return true;
  return (
    states.every(({ namespace }) => context.before.knowsPodsOf(namespace)) &&
    openedPods(context.before, states).length === 0
  );
}

/** Pods of today that are opened, and all pods of today; undefined where the World does not know. */
export function countToday(
  context: CheckContext,
  states: readonly State[],
): { readonly opened: number; readonly all: number } | undefined {
  const { after } = context;
  const namespaces = [...new Set(states.map(({ namespace }) => namespace))];
  if (!namespaces.every((name) => after.knowsPodsOf(name))) return undefined;
  const count = (pods: readonly PodClass[]) => pods.reduce((sum, pod) => sum + pod.count, 0);
  return {
    opened: count(openedPods(after, states)),
    all: count(namespaces.flatMap((name) => podsOfToday(after, name))),
  };
}

/** A pod that is opened today, with traffic of the direction in which it is. */
export function witnessOf(context: CheckContext, states: readonly State[]): Flow | undefined {
  for (const state of states) {
    if (state.kind !== 'lost' && state.kind !== 'weakened') return undefined;
    const [pod] = openedPods(context.after, [state]);
    if (pod === undefined && context.after.knowsPodsOf(state.namespace)) continue;
    return flowOf(state.namespace, pod, state.direction);
  }
  return undefined;
}

/** Traffic of a pod of the namespace, any of them where none is given, with the outside. */
export function flowOf(namespace: string, pod: PodClass | undefined, direction: Direction): Flow {
  const inside = `${namespace}/${pod?.workload?.name ?? (pod === undefined ? '*' : formatLabels(pod))}`;
  return direction === 'ingress'
    ? { from: '192.0.2.1', to: inside, protocol: 'TCP', port: 80 }
    : { from: inside, to: '192.0.2.1', protocol: 'TCP', port: 443 };
}

function formatLabels(pod: PodClass): string {
  const [label] = [...pod.labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return label === undefined ? '*' : `${label[0]}=${label[1]}`;
}
