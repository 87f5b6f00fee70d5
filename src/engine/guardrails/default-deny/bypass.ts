import type { FieldPath } from '../../json/path.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { Flow } from '../../model/flow.ts';
import { refKey, refName } from '../../model/object.ts';
import { type Direction, type Policy, ruleList } from '../../model/policy.ts';
import { alikeKey, type LetThrough, type LettingThrough, newlyLetThrough } from '../../reach/bypass.ts';
import { isolated, podsOfToday } from '../../reach/isolation.ts';
import type { Budget } from '../../reach/pod-fold.ts';
import type { Scope } from '../../reach/scope.ts';
import { addressKey } from '../../sets/addresses.ts';
import { boxKey, intersectBoxes, type LabelBox, overlapBoxes, subtractBox } from '../../sets/labels.ts';
import { TCP, UDP } from '../../sets/protocols.ts';
import {
  isAllTraffic,
  isNoTraffic,
  portTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
  unionTraffic,
} from '../../sets/traffic.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { podsText } from '../../words/pods.ts';
import { trafficText } from '../../words/traffic.ts';
import { changedField } from '../changed-field.ts';
import type { Words } from '../define.ts';
import { type Places, placesText } from '../words/default-deny.ts';
import { flowOf } from './states.ts';

export interface Bypass extends Places {
  readonly direction: Direction;
  readonly pods: readonly LabelBox[];
  readonly traffic: Traffic;
  /** What lets it through: an allow rule of a policy, or nothing at all, so that it ends where no policy governs. */
  readonly by: { readonly policy: string; readonly tier: string } | 'passed-on';
  /** Whose deny it gets around. */
  readonly around: { readonly by: 'policy' | 'tier'; readonly name: string };
}

export interface FoundBypass {
  readonly namespace: string;
  readonly direction: Direction;
  readonly one: LetThrough;
  readonly traffic: Traffic;
}

export interface Bypasses {
  readonly found: readonly FoundBypass[];
  /** Whether all was decided. */
  readonly complete: boolean;
  readonly doubtful: boolean;
}

/** Every pod needs its names resolved: to open DNS for everyone is told by `forbid-broad-peers`, and gets around nothing. */
const dns = unionTraffic(portTraffic(UDP, 53, 53), portTraffic(TCP, 53, 53));

/** What was found in a namespace, for those that are alike. */
export type KnownBypasses = Map<string, Bypasses>;

/** What the change lets around the deny of pods that stay isolated by name, in one namespace and direction. */
export function bypassesIn(
  context: CheckContext,
  scope: Scope,
  namespace: string,
  direction: Direction,
  budget: Budget,
  known: KnownBypasses,
): Bypasses {
  const alike = [context.before, context.after].map((world) => alikeKey(world, namespace, direction));
  const key = alike.includes(undefined) ? undefined : `${direction}\n${alike.join('\n\n')}`;
  const same = key === undefined ? undefined : known.get(key);
  if (same !== undefined) return { ...same, found: same.found.map((one) => ({ ...one, namespace })) };
  const { looksAtNamespace, ...bypasses } = findBypasses(context, scope, namespace, direction, budget);
  if (key !== undefined && !looksAtNamespace) known.set(key, bypasses);
  return bypasses;
}

function findBypasses(
  { before, after }: CheckContext,
  scope: Scope,
  namespace: string,
  direction: Direction,
  budget: Budget,
): Bypasses & Pick<LettingThrough, 'looksAtNamespace'> {
  const unknown = { found: [], complete: false, doubtful: false, looksAtNamespace: true };
  const pods = disjoint(isolated(after, namespace, direction), scope.touched(namespace, direction), budget);
  if (pods === undefined) return unknown;
  const result = newlyLetThrough({ before, after }, namespace, direction, pods, budget);
  if (result === undefined) return unknown;
  const together = byPolicy(result.found);
  const found = result.found.flatMap((one) => {
    const traffic = unlisted(one, together.get(togetherKey(one)) ?? one.traffic, direction);
    return isNoTraffic(traffic) ? [] : [{ namespace, direction, one, traffic }];
  });
  return { found, complete: true, doubtful: result.doubtful, looksAtNamespace: result.looksAtNamespace };
}

/** What each policy lets through to the same pods and far end past the end of one tier, over all of its rules. */
function byPolicy(found: readonly LetThrough[]): ReadonlyMap<string, Traffic> {
  const groups = Map.groupBy(found, togetherKey);
  return new Map(Array.from(groups, ([key, all]) => [key, unionAllTraffic(all.map((one) => one.traffic))]));
}

function togetherKey(one: LetThrough): string {
  const { end, before } = one;
  const past = before.by === 'tier-end' ? before.tier : before.by;
  const far = end.kind === 'pod' ? end.kind : addressKey(end.addresses);
  return `${boxKey(one.pods)} ${far} ${past} ${deciderKey(one)}`;
}

/**
 * What of it gets around a deny. Not what a rule lists where only the end of its own tier, or its own policy, would have
 * refused it: so every rule of a namespace opens something, and how broad that may be is for `forbid-broad-peers` to say. A
 * cluster policy that lists everything leaves nothing of a namespace's deny, though.
 */
function unlisted({ traffic, before, after }: LetThrough, ofPolicy: Traffic, direction: Direction): Traffic {
  if (after.by === 'profile') return traffic;
  if (after.by !== 'rule') return traffic;
  const isListed =
    before.by === 'tier-end'
      ? before.tier === after.tier && !(isOfCluster(after.policy) && isAllTraffic(ofPolicy))
      : before.by === 'rule' && refKey(before.policy.ref) === refKey(after.policy.ref);
  if (isListed) return subtractTraffic(traffic, traffic);
  return direction === 'egress' ? subtractTraffic(traffic, dns) : traffic;
}

function isOfCluster({ ref }: Policy): boolean {
  return ref.namespace === undefined;
}

/** The pods in both, as disjoint boxes. */
function disjoint(
  isolatedPods: readonly LabelBox[],
  touched: readonly LabelBox[],
  budget: Budget,
): readonly LabelBox[] | undefined {
  const found: LabelBox[] = [];
  for (const a of touched) {
    for (const b of isolatedPods) {
      budget.left -= 1;
      if (!overlapBoxes(a, b)) continue;
      let left: readonly LabelBox[] = [intersectBoxes(a, b)];
      for (const known of found) {
        left = left.flatMap((one) => subtractBox(one, known));
        budget.left -= left.length;
        if (budget.left < 0) return undefined;
      }
      found.push(...left.filter((one) => !one.empty));
    }
  }
  return found;
}

/** What is said in one finding: all of one direction that the same lets through. */
export function toldTogetherOf(found: readonly FoundBypass[]): readonly (readonly FoundBypass[])[] {
  return [...Map.groupBy(found, ({ direction, one }) => `${direction} ${deciderKey(one)}`).values()];
}

function deciderKey({ after }: LetThrough): string {
  return after.by === 'rule' ? refKey(after.policy.ref) : after.by;
}

export function bypassOf(found: readonly FoundBypass[], more: boolean): Bypass | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const { after, before } = first.one;
  return {
    namespaces: [...new Set(found.map(({ namespace }) => namespace))].sort(),
    more,
    direction: first.direction,
    pods: found.filter(({ namespace }) => namespace === first.namespace).map(({ one }) => one.pods),
    traffic: unionAllTraffic(found.map(({ traffic }) => traffic)),
    by: after.by === 'rule' ? { policy: refName(after.policy.ref), tier: after.tier } : 'passed-on',
    around:
      before.by === 'rule'
        ? { by: 'policy', name: refName(before.policy.ref) }
        : { by: 'tier', name: before.by === 'tier-end' ? before.tier : '' },
  };
}

/** The rule of the changed policy that does it, else what was changed. */
export function bypassPath(context: CheckContext, scope: Scope, found: readonly FoundBypass[]): FieldPath {
  if (scope.change === 'namespace') return ['metadata', 'labels'];
  const { change, policy } = context;
  const [first] = found;
  if (change.operation === 'DELETE' || first === undefined) return ['spec'];
  const moved = changedField(context, ['tier', 'order', 'defaultAction', 'types']) ?? ['spec'];
  if (policy === undefined) return moved;
  const { after } = first.one;
  if (after.by === 'rule') return refKey(after.policy.ref) === refKey(policy.ref) ? after.rule.path : moved;
  return ruleList(policy, first.direction).rules.find(({ action }) => action === 'pass')?.path ?? moved;
}

export function bypassWitness({ after }: CheckContext, found: readonly FoundBypass[]): Flow | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const known = after.knowsPodsOf(first.namespace) && podsOfToday(after, first.namespace).length > 0;
  return known ? undefined : flowOf(first.namespace, undefined, first.direction);
}

export function bypassEn(bypass: Bypass): Words {
  const who = `${podsText(bypass.pods, 'en')} of ${placesText(bypass, 'en')}`;
  const deny = denyText(bypass, 'en');
  const reached = bypass.direction === 'ingress' ? `everyone reach ${who}` : `${who} reach everyone`;
  const message =
    bypass.by === 'passed-on'
      ? `this would let ${reached}: what is passed on gets past ${deny}, and nothing decides after it`
      : `policy ${bypass.by.policy} would let ${reached} past ${deny}`;
  return {
    message: `${message} (${trafficText(bypass.traffic, 'en')})`,
    why: 'The default deny stays, but is not reached any more. List who is meant, or let it be decided after the deny.',
  };
}

export function bypassJa(bypass: Bypass): Words {
  const who = joinJapanese(placesText(bypass, 'ja'), 'の', podsText(bypass.pods, 'ja'));
  const deny = denyText(bypass, 'ja');
  const reached =
    bypass.direction === 'ingress'
      ? joinJapanese('誰でも', who, 'に接続できるようになります')
      : joinJapanese(who, 'から、どこへでも接続できるようになります');
  const cause =
    bypass.by === 'passed-on'
      ? joinJapanese('通信は', deny, 'を素通りし、判断するポリシーが残りません')
      : joinJapanese('ポリシー', bypass.by.policy, 'が、', deny, 'より先に許可します');
  return {
    message: `${reached}。${cause}(${trafficText(bypass.traffic, 'ja')})`,
    why: 'デフォルト拒否は残りますが、評価されなくなります。相手を明示するか、拒否より後に評価されるようにしてください。',
  };
}

function denyText({ around }: Bypass, language: Language): string {
  if (language === 'en')
    return around.by === 'policy' ? `the deny of policy ${around.name}` : `the deny of tier ${around.name}`;
  return around.by === 'policy'
    ? joinJapanese('ポリシー', around.name, 'の拒否')
    : joinJapanese('tier', around.name, 'の拒否');
}
