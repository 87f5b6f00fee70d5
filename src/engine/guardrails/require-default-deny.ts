import { opensSomething } from '../breadth/opens-something.ts';
import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { distinctBoxes } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import { groupKind } from '../model/object.ts';
import { type Direction, ruleList } from '../model/policy.ts';
import { isolatedWhole } from '../reach/isolation.ts';
import { isolatesNobody, letsNothingThrough, staysIsolated, tierKeepsIsolation } from '../reach/makes-no-difference.ts';
import type { Budget } from '../reach/pod-fold.ts';
import { type Scope, scopeOf } from '../reach/scope.ts';
import { boxKey, everyLabels, isEveryBox } from '../sets/labels.ts';
import { joinJapanese } from '../words/japanese.ts';
import { podsText } from '../words/pods.ts';
import { changedField } from './changed-field.ts';
import {
  type Bypass,
  bypassEn,
  bypassesIn,
  bypassJa,
  bypassOf,
  bypassPath,
  bypassWitness,
  type FoundBypass,
  type KnownBypasses,
  toldTogetherOf,
} from './default-deny/bypass.ts';
import { clusterDefaultDeny, defaultDeny } from './default-deny/fix.ts';
import { compare, countToday, mayGo, type State, witnessOf } from './default-deny/states.ts';
import { defineGuardrail, key } from './define.ts';
import { readDirections } from './settings.ts';
import { missesNamespaces } from './unknown-namespaces.ts';
import { type Loss, placesText, todayEn, todayJa, trafficEn, trafficJa } from './words/default-deny.ts';

const lostEn = (loss: Loss) => ({
  message: `this takes away the last default deny of ${placesText(loss, 'en')} for ${trafficEn(loss.directions)} traffic`,
  why: `After it, ${podsText(loss.open, 'en')} would have ${trafficEn(loss.directions, loss.mixed)} traffic that no rule lists.${todayEn(loss)}${loss.refused ? ' Apply a replacement first, then repeat this change.' : ''}`,
});
const lostJa = (loss: Loss) => ({
  message: joinJapanese(
    'この変更により、',
    placesText(loss, 'ja'),
    `の${trafficJa(loss.directions)}について最後のデフォルト拒否がなくなります`,
  ),
  why: `変更後は、${joinJapanese(podsText(loss.open, 'ja'), 'の', trafficJa(loss.directions), 'が制限されなくなります。')}${todayJa(loss)}${loss.refused ? '先に代わりのポリシーを適用してから、もう一度実行してください。' : ''}`,
});

/** A namespace is closed unless something opens it: whatever no rule lists is refused, for every pod there can be. */
export const requireDefaultDeny = defineGuardrail({
  name: 'require-default-deny',
  mode: 'enforce',
  summary: {
    en: 'Every possible pod of a guarded namespace is isolated, so that only listed traffic gets through.',
    ja: '対象の namespace では、作られうるすべての Pod が隔離され、明示された通信だけが通ること。',
  },
  settings: {
    directions: {
      type: 'directions',
      description: 'The directions in which every pod must be isolated.',
      default: ['Ingress', 'Egress'],
    },
  },
  readSettings: (settings) => ({ directions: readDirections(field(settings, 'directions')) }),
  keys: {
    absent: key<Loss>({
      hangsOnWorld: true,
      mode: 'warn',
      when: {
        en: 'After the change, no pod of the namespace is isolated by default in a required direction.',
        ja: '変更後、必要な方向で隔離されている Pod が namespace に一つもない場合。',
      },
      en: (loss) => ({
        message: `${placesText(loss, 'en')} ${loss.namespaces.length === 1 ? 'has' : 'have'} no default deny for ${trafficEn(loss.directions)} traffic`,
        why: 'Pods that no policy selects are open to everyone. Apply a default deny as well.',
      }),
      ja: (loss) => ({
        message: joinJapanese(placesText(loss, 'ja'), `には${trafficJa(loss.directions)}のデフォルト拒否がありません`),
        why: 'どのポリシーにも選択されない Pod は、誰とでも通信できます。デフォルト拒否も適用してください。',
      }),
    }),
    partial: key<Loss>({
      hangsOnWorld: true,
      mode: 'warn',
      when: {
        en: 'After the change, some pods of the namespace are isolated and some possible pod is not.',
        ja: '変更後、隔離される Pod と隔離されない Pod が namespace に混在する場合。',
      },
      en: (loss) => ({
        message: `in ${placesText(loss, 'en')}, ${podsText(loss.open, 'en')} can still have ${trafficEn(loss.directions, loss.mixed)} traffic that no rule lists`,
        why: `Policies isolate only the pods they select, and none here isolates these for ${trafficEn(loss.directions)} traffic.${todayEn(loss)}`,
      }),
      ja: (loss) => ({
        message: joinJapanese(
          placesText(loss, 'ja'),
          'では、',
          podsText(loss.open, 'ja'),
          'の',
          trafficJa(loss.directions, loss.mixed),
          'がまだ制限されていません',
        ),
        why: `ポリシーが隔離するのは、選択した Pod だけです。この namespace には、これらの Pod の${trafficJa(loss.directions, loss.mixed)}を隔離するポリシーがありません。${todayJa(loss)}`,
      }),
    }),
    lost: key<Loss>({
      hangsOnWorld: true,
      when: {
        en: 'Every possible pod of the namespace was isolated before the change, and after it some are not.',
        ja: '変更前はすべての Pod が隔離されていたのに、変更後は隔離されない Pod がある場合。',
      },
      en: lostEn,
      ja: lostJa,
    }),
    'lost-unknown-requester': key<Loss>({
      hangsOnWorld: true,
      mode: 'warn',
      coveredBy: ['lost'],
      when: {
        en: 'The same, by a deletion of which nobody can tell who asked for it: it came from the API server of Calico.',
        ja: '同じ状況で、削除が Calico の API サーバーから届き、要求した人が分からない場合。',
      },
      en: lostEn,
      ja: lostJa,
    }),
    weakened: key<Loss>({
      hangsOnWorld: true,
      mode: 'warn',
      when: {
        en: 'Pods that were isolated are not any more, in a namespace that was not wholly isolated before.',
        ja: 'もともと全体が隔離されてはいない namespace で、隔離されていた Pod の隔離が外れる場合。',
      },
      en: (loss) => ({
        message: `in ${placesText(loss, 'en')}, ${podsText(loss.open, 'en')} would no longer be isolated for ${trafficEn(loss.directions)} traffic`,
        why: `They were isolated before, although the namespace as a whole was not.${todayEn(loss)}`,
      }),
      ja: (loss) => ({
        message: joinJapanese(
          placesText(loss, 'ja'),
          'では、',
          podsText(loss.open, 'ja'),
          'の',
          trafficJa(loss.directions),
          'が隔離されなくなります',
        ),
        why: `namespace 全体ではありませんが、これらの Pod は変更前には隔離されていました。${todayJa(loss)}`,
      }),
    }),
    bypassed: key<Bypass>({
      hangsOnWorld: true,
      when: {
        en: 'Pods stay isolated by name, and the change lets traffic that no rule lists reach them all the same: an earlier tier or order allows everyone, or passes on what no policy then decides.',
        ja: 'Pod は名目上は隔離されたままでも、変更により、明示されていない通信が届くようになる場合。より先に評価される tier や order ですべての相手が許可される場合や、Pass によりどのポリシーでも判断されなくなる場合。',
      },
      en: bypassEn,
      ja: bypassJa,
    }),
  },
  check: (context, settings, report) => {
    const scope = scopeOf(context);
    if (scope === undefined) return;
    if (context.after.origin === 'none') {
      report.notChecked('no-policies');
      return;
    }
    const looked = look(context, scope, settings.directions);
    for (const kind of ['lost', 'weakened', 'absent', 'partial'] as const) {
      const isLoss = kind === 'lost' || kind === 'weakened';
      if (looked.states.length === 0) break;
      for (const states of alike(looked.states.filter((state) => state.kind === kind))) {
        const directions = settings.directions.filter((direction) => states.some((one) => one.direction === direction));
        const namespaces = [...new Set(states.map(({ namespace }) => namespace))].sort();
        const atMost = kind === 'lost' && mayGo(context, states) ? 'warn' : undefined;
        const args: Loss = {
          namespaces,
          more: !looked.complete && context.change.ref.namespace === undefined,
          directions,
          ...openIn(states),
          refused: kind === 'lost' && atMost === undefined && !context.unknownRequester,
          today: countToday(context, states),
        };
        report.found(kind === 'lost' && context.unknownRequester ? 'lost-unknown-requester' : kind, {
          path: pathOf(context, scope, directions, isLoss),
          args,
          fix: fixOf(context, args),
          witness: witnessOf(context, states),
          set: isLoss ? undefined : { items: itemsOf(scope, directions, namespaces) },
          atMost,
        });
      }
    }
    for (const found of toldTogetherOf(looked.bypasses)) {
      const args = bypassOf(found, !looked.complete);
      if (args === undefined) continue;
      report.found('bypassed', {
        path: bypassPath(context, scope, found),
        args,
        witness: bypassWitness(context, found),
      });
    }
    if (!looked.complete) report.notChecked('work-cap');
    if (looked.doubtful) report.notChecked('unsupported-field');
    if (looked.unknownTier) report.notChecked('no-tiers');
    if (missesNamespaces(context, scope, settings.directions)) report.notChecked('no-namespaces');
  },
});

interface Looked {
  readonly states: readonly State[];
  readonly bypasses: readonly FoundBypass[];
  /** Whether everything was looked at, and decided. */
  readonly complete: boolean;
  readonly doubtful: boolean;
  /** Whether a policy stands in a tier that nobody knows. */
  readonly unknownTier: boolean;
}

/** What may be spent on all namespaces together, some microsecond each. */
const mostWork = 6_000;

/** What the change makes of each namespace in which it may matter, as far as the work goes. */
function look(context: CheckContext, scope: Scope, required: readonly Direction[]): Looked {
  const budget: Budget = { left: mostWork };
  const states: State[] = [];
  const bypasses: FoundBypass[] = [];
  const known: KnownBypasses = new Map();
  let complete = true;
  let doubtful = false;
  let unknownTier = [context.policy, context.oldPolicy].some(
    (policy) => policy !== undefined && isUnknown(context, policy.tier),
  );
  const through = required.filter((direction) => !letsNothingThrough(context, direction));
  // Of a cluster policy, and of a tier, it can mostly be told at once, and not namespace by namespace.
  const isWide = scope.change === 'cluster-policy' || scope.change === 'tier';
  const looked = isWide ? required.filter((one) => mayMatter(context, scope, through, one)) : required;
  if (looked.length === 0) return { states, bypasses, complete, doubtful, unknownTier };
  // A namespace of which cluster policies isolate every pod stays closed, so that only the others are left to look at.
  const closed = looked.some((one) => through.includes(one))
    ? []
    : looked.map((one) => isolatedWhole(context.after, one));
  for (const namespace of scope.namespaces(isWide ? closed : [])) {
    for (const direction of looked) {
      const state = compare(context, scope, namespace, direction);
      budget.left -= 1 + state.after.length + state.before.length;
      if (state.kind === 'unknown') complete = false;
      else if (state.kind !== 'kept' && isTold(context, scope, state)) states.push(state);
      if (through.includes(direction)) {
        const found = bypassesIn(context, scope, namespace, direction, budget, known);
        bypasses.push(...found.found);
        complete &&= found.complete;
        doubtful ||= found.doubtful;
      }
      unknownTier ||= context.after.governingOwn(namespace, direction).some(({ tier }) => isUnknown(context, tier));
    }
    if (budget.left < 0) {
      complete = false;
      break;
    }
  }
  return { states, bypasses, complete, doubtful, unknownTier };
}

/** Whether the change may open something, or tell of what was never closed. */
function mayMatter(context: CheckContext, scope: Scope, through: readonly Direction[], direction: Direction): boolean {
  if (through.includes(direction)) return true;
  if (scope.change === 'tier') return !tierKeepsIsolation(context, direction);
  return !(isolatesNobody(context) && !tellsOfOpen(context, scope)) && !staysIsolated(context, direction);
}

function isUnknown({ after }: CheckContext, tier: string): boolean {
  return after.tier(tier) === undefined;
}

/** What was never closed is told of a policy that is put where it is, and of a cluster policy only if it opens something. */
function isTold(context: CheckContext, scope: Scope, { kind }: State): boolean {
  return kind === 'lost' || kind === 'weakened' || tellsOfOpen(context, scope);
}

function tellsOfOpen(context: CheckContext, scope: Scope): boolean {
  const { policy, after, cluster } = context;
  if (scope.change === 'policy') return true;
  if (policy === undefined) return false;
  const known = opening.get(context) ?? opensSomething(policy, { world: after, cluster });
  opening.set(context, known);
  return known;
}

/** Asked of every namespace, and the same for all of them. */
const opening = new WeakMap<CheckContext, boolean>();

/** Namespaces for which the same is said, one finding each; the directions of one namespace together. */
function alike(states: readonly State[]): readonly (readonly State[])[] {
  const byNamespace = Map.groupBy(states, ({ namespace }) => namespace);
  const groups = Map.groupBy(byNamespace.values(), (some) => some.map(({ direction }) => direction).join());
  return Array.from(groups.values(), (group) => group.flat());
}

/** The pods left open in any of the directions, of the first namespace where there are several. */
function openIn(states: readonly State[]): Pick<Loss, 'open' | 'mixed'> {
  const first = states.filter(({ namespace }) => namespace === states[0]?.namespace);
  const keys = first.map((state) => state.open.map(boxKey).sort().join(' '));
  const boxes = distinctBoxes(first.flatMap((state) => state.open));
  return { open: boxes.some(isEveryBox) ? [everyLabels] : boxes, mixed: new Set(keys).size > 1 };
}

function itemsOf(scope: Scope, directions: readonly Direction[], namespaces: readonly string[]): readonly string[] {
  if (scope.change === 'policy') return directions;
  return namespaces.flatMap((namespace) => directions.map((direction) => `${direction} of ${namespace}`));
}

function pathOf(context: CheckContext, scope: Scope, directions: readonly Direction[], loss: boolean): FieldPath {
  if (scope.change === 'namespace') return ['metadata', 'labels'];
  const { policy, oldPolicy, change } = context;
  if (!loss) return change.ref.namespace === undefined ? (policy?.subject.path ?? ['spec']) : ['metadata', 'namespace'];
  if (policy === undefined) return changedField(context, ['order', 'defaultAction']) ?? ['spec'];
  const isKubernetes = groupKind(change.ref) === 'NetworkPolicy.networking.k8s.io';
  if (directions.some((direction) => !ruleList(policy, direction).applies))
    return ['spec', isKubernetes ? 'policyTypes' : 'types'];
  if (oldPolicy !== undefined && oldPolicy.tier !== policy.tier) return ['spec', 'tier'];
  if (oldPolicy !== undefined && oldPolicy.stage !== policy.stage) {
    return ['spec', policy.stage === 'pre-dnat' ? 'preDNAT' : 'doNotTrack'];
  }
  return changedField(context, ['selector', 'namespaceSelector', 'serviceAccountSelector']) ?? policy.subject.path;
}

function fixOf({ after, isGuarded, change }: CheckContext, { namespaces, more, directions }: Loss): string {
  const [only] = namespaces;
  if (only !== undefined && namespaces.length === 1 && !more) return defaultDeny(only, directions);
  // One of the same name would be the very object that is changed here.
  const name = change.ref.name === 'default-deny' ? 'default-deny-of-namespaces' : 'default-deny';
  return clusterDefaultDeny({ name, namespaces, more, directions }, after, isGuarded);
}
