import type { FieldPath } from '../../json/path.ts';
import { valueAt } from '../../json/value-at.ts';
import { admitsKind } from '../../model/box-parts.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { NotCheckedReason } from '../../model/not-checked.ts';
import { directions, type Peer, type Policy, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { amongNobody, type Today, TodaySearch } from '../../reach/today.ts';
import { boxKey, isEmptyBox, type LabelBox } from '../../sets/labels.ts';
import { isNoTraffic } from '../../sets/traffic.ts';
import { nearestLabel } from '../../words/nearest-label.ts';
import { flowYaml } from '../../words/yaml.ts';
import type { Place } from '../told-together.ts';
import { meantNamespaces, meantPods } from './meant-today.ts';
import { isProfile, type Role } from './parts.ts';

/** A selector that finds nobody among those who exist now. */
export interface Unmet {
  readonly role: Role | 'profile';
  readonly boxes: readonly LabelBox[];
  readonly today: Extract<Today, { answer: 'no-namespace' | 'no-pod' }>;
}

export interface UnmetToday {
  readonly places: readonly Place<Unmet>[];
  readonly unknown: ReadonlySet<NotCheckedReason>;
}

export function unmetToday({ after, isGuarded }: CheckContext, policy: Policy): UnmetToday {
  const search = new TodaySearch(after, policy.ref.namespace, isGuarded);
  const known = new Map<string, Today>();
  const unknown = new Set<NotCheckedReason>();
  const places: Place<Unmet>[] = [];
  const look = (role: Role, boxes: readonly LabelBox[], pathOf: (answer: Unmet['today']['answer']) => FieldPath) => {
    const asked = boxes.filter((box) => !isEmptyBox(box));
    const found = new Map<LabelBox, Today>();
    // Sets and hosts are found with less work than pods: where those are somebody, these need no look.
    for (const box of asked.toSorted((a, b) => Number(admitsKind(a, 'Pod')) - Number(admitsKind(b, 'Pod')))) {
      const key = boxKey(box);
      const today = known.get(key) ?? search.find(box);
      known.set(key, today);
      if (today.answer === 'somebody') return;
      found.set(box, today);
    }
    const answers = asked.flatMap((box) => found.get(box) ?? []);
    const [first] = answers;
    if (first === undefined) return;
    const open = answers.find((today) => today.answer === 'unknown');
    if (open !== undefined) unknown.add(open.reason);
    else if (first.answer === 'no-namespace' || first.answer === 'no-pod') {
      places.push({ path: pathOf(first.answer), what: { role, boxes, today: first } });
    }
  };
  const ofPods = policy.ref.group === 'networking.k8s.io' ? 'podSelector' : 'selector';
  look('subject', policy.subject.endpoints, () => policy.subject.path);
  if (isProfile(policy) && !isNamed(after, policy))
    places.push({
      path: ['metadata', 'name'],
      what: { role: 'profile', boxes: [], today: { answer: 'no-pod', among: amongNobody } },
    });
  for (const direction of directions) {
    const list = ruleList(policy, direction);
    if (!list.applies) continue;
    for (const rule of list.rules) {
      if (isNoTraffic(rule.traffic)) continue;
      for (const peer of rule.peers) {
        if (peer.endpoints !== 'any') look(direction, peer.endpoints, (answer) => selectorPath(peer, answer, ofPods));
      }
    }
  }
  return { places, unknown };
}

/** Endpoints take up a profile by its name, and nothing else does. */
function isNamed(world: World, { ref }: Policy): boolean {
  for (const { profiles } of world.objects('hostEndpoints')) if (profiles.includes(ref.name)) return true;
  return false;
}

/** Of two selectors the one that finds nobody. */
function selectorPath({ path, written }: Peer, answer: Unmet['today']['answer'], ofPods: string): FieldPath {
  if (!written.namespaceSelector || !written.podSelector) return path;
  return [...path, answer === 'no-namespace' ? 'namespaceSelector' : ofPods];
}

/** What exists and is written nearly the same. */
export interface NearMiss {
  readonly label: string;
  /** How many pods, or namespaces, it would find; undefined where these are thousands. */
  readonly count: number | undefined;
  readonly fix: string;
}

export function nearMiss(object: unknown, { path, what }: Place<Unmet>, world: World): NearMiss | undefined {
  const { today } = what;
  const meant = today.answer === 'no-pod' ? meantPods(today.among, world) : meantNamespaces(today.among, world);
  const nearest = nearestLabel(valueAt(object, path), meant.labels, meant.finds);
  if (nearest === undefined) return undefined;
  return {
    label: nearest.label,
    count: meant.count(nearest.box),
    fix: `${path.at(-1) ?? ''}: ${flowYaml(nearest.selector)}`,
  };
}
