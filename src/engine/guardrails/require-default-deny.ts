import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { distinctBoxes } from '../model/box-parts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { Flow } from '../model/flow.ts';
import { withinNamespace } from '../model/governing.ts';
import { type Direction, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { inAny, isolated, leftOpen, podsOfToday } from '../reach/isolation.ts';
import { boxKey, everyLabels, isEveryBox, type LabelBox } from '../sets/labels.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { podsText } from '../words/pods.ts';
import type { CheckContext } from './context.ts';
import { defineGuardrail, key } from './define.ts';
import { readDirections } from './settings.ts';

interface Loss {
  readonly namespace: string;
  readonly directions: readonly Direction[];
  /** The pods left open, by their own labels, in some of the directions. */
  readonly open: readonly LabelBox[];
  /** Whether other pods are left open in one direction than in the other. */
  readonly mixed: boolean;
  /** Whether a replacement must come first. */
  readonly refused: boolean;
  /** Pods of today that are opened, and all pods of today; undefined where the World does not know. */
  readonly today: { readonly opened: number; readonly all: number } | undefined;
}

const trafficEn = (directions: readonly Direction[], mixed = false) =>
  directions.length === 2
    ? mixed
      ? 'incoming or outgoing'
      : 'incoming and outgoing'
    : directions[0] === 'ingress'
      ? 'incoming'
      : 'outgoing';
const trafficJa = (directions: readonly Direction[], mixed = false) =>
  directions.length === 2 ? (mixed ? '受信または送信' : '受信と送信') : directions[0] === 'ingress' ? '受信' : '送信';

const todayEn = ({ today }: Loss) => {
  if (today === undefined) return '';
  if (today.all === 0) return ' There is no pod today.';
  if (today.opened === 0) return ' No pod of today is among them.';
  if (today.all === 1) return ' The only pod there today would be open.';
  if (today.all === 2 && today.opened === 2) return ' Both pods there today would be open.';
  if (today.opened === today.all) return ` All ${countText(today.all)} pods there today would be open.`;
  return ` Of the ${countText(today.all)} pods there today, ${countText(today.opened)} would be open.`;
};
const todayJa = ({ today }: Loss) => {
  if (today === undefined) return '';
  if (today.all === 0) return '現在、Pod はありません。';
  if (today.opened === 0) return '現在の Pod に該当するものはありません。';
  if (today.all === 1) return '現在の唯一の Pod が開放されます。';
  if (today.opened === today.all) return `現在の Pod ${countText(today.all)} 個すべてが開放されます。`;
  return `現在の Pod ${countText(today.all)} 個のうち ${countText(today.opened)} 個が開放されます。`;
};

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
      mode: 'warn',
      when: {
        en: 'After the change, no pod of the namespace is isolated by default in a required direction.',
        ja: '変更後、必要な方向で隔離されている Pod が namespace に一つもない場合。',
      },
      en: ({ namespace, directions }) => ({
        message: `namespace ${namespace} has no default deny for ${trafficEn(directions)} traffic`,
        why: 'Pods that no policy selects are open to everyone. Apply a default deny as well.',
      }),
      ja: ({ namespace, directions }) => ({
        message: `namespace ${namespace} には${trafficJa(directions)}のデフォルト拒否がありません`,
        why: 'どのポリシーにも選択されない Pod は、誰とでも通信できます。デフォルト拒否も適用してください。',
      }),
    }),
    partial: key<Loss>({
      mode: 'warn',
      when: {
        en: 'After the change, some pods of the namespace are isolated and some possible pod is not.',
        ja: '変更後、隔離される Pod と隔離されない Pod が namespace に混在する場合。',
      },
      en: (loss) => ({
        message: `in namespace ${loss.namespace}, ${podsText(loss.open, 'en')} can still have ${trafficEn(loss.directions, loss.mixed)} traffic that no rule lists`,
        why: `Policies isolate only the pods they select, and none here isolates these for ${trafficEn(loss.directions)} traffic.${todayEn(loss)}`,
      }),
      ja: (loss) => ({
        message: `namespace ${loss.namespace} では、${joinJapanese(podsText(loss.open, 'ja'), 'の', trafficJa(loss.directions, loss.mixed), 'がまだ制限されていません')}`,
        why: `ポリシーが隔離するのは、選択した Pod だけです。この namespace には、これらの Pod の${trafficJa(loss.directions, loss.mixed)}を隔離するポリシーがありません。${todayJa(loss)}`,
      }),
    }),
    lost: key<Loss>({
      when: {
        en: 'Every possible pod of the namespace was isolated before the change, and after it some are not.',
        ja: '変更前はすべての Pod が隔離されていたのに、変更後は隔離されない Pod がある場合。',
      },
      en: (loss) => ({
        message: `this takes away the last default deny of namespace ${loss.namespace} for ${trafficEn(loss.directions)} traffic`,
        why: `After it, ${podsText(loss.open, 'en')} would have ${trafficEn(loss.directions, loss.mixed)} traffic that no rule lists.${todayEn(loss)}${loss.refused ? ' Apply a replacement first, then repeat this change.' : ''}`,
      }),
      ja: (loss) => ({
        message: `この変更により、namespace ${loss.namespace} の${trafficJa(loss.directions)}について最後のデフォルト拒否がなくなります`,
        why: `変更後は、${joinJapanese(podsText(loss.open, 'ja'), 'の', trafficJa(loss.directions), 'が制限されなくなります。')}${todayJa(loss)}${loss.refused ? '先に代わりのポリシーを適用してから、もう一度実行してください。' : ''}`,
      }),
    }),
    weakened: key<Loss>({
      mode: 'warn',
      when: {
        en: 'Pods that were isolated are not any more, in a namespace that was not wholly isolated before.',
        ja: 'もともと全体が隔離されてはいない namespace で、隔離されていた Pod の隔離が外れる場合。',
      },
      en: (loss) => ({
        message: `in namespace ${loss.namespace}, ${podsText(loss.open, 'en')} would no longer be isolated for ${trafficEn(loss.directions)} traffic`,
        why: `They were isolated before, although the namespace as a whole was not.${todayEn(loss)}`,
      }),
      ja: (loss) => ({
        message: `namespace ${loss.namespace} では、${joinJapanese(podsText(loss.open, 'ja'), 'の', trafficJa(loss.directions), 'が隔離されなくなります')}`,
        why: `namespace 全体ではありませんが、これらの Pod は変更前には隔離されていました。${todayJa(loss)}`,
      }),
    }),
  },
  check: (context, settings, report) => {
    const { change } = context;
    const namespace = change.ref.namespace;
    if (namespace === undefined || (context.policy ?? context.oldPolicy)?.enforced !== true) return;
    if (context.after.origin === 'none') {
      report.notChecked('no-policies');
      return;
    }
    const states = settings.directions.map((direction) => compare(context, namespace, direction));
    for (const kind of ['lost', 'weakened', 'absent', 'partial'] as const) {
      const concerned = states.filter((state) => state.kind === kind);
      if (concerned.length === 0) continue;
      const directions = concerned.map((state) => state.direction);
      const atMost = kind === 'lost' && mayGo(context, concerned) ? 'warn' : undefined;
      report.found(kind, {
        path: pathOf(context, directions, kind === 'lost' || kind === 'weakened'),
        args: {
          namespace,
          directions,
          ...openIn(concerned),
          refused: atMost === undefined,
          today: today(context, namespace, concerned),
        },
        fix: defaultDeny(namespace, directions),
        witness: witness(context, namespace, concerned),
        set: kind === 'absent' || kind === 'partial' ? { items: directions } : undefined,
        atMost,
      });
    }
    if (states.some((state) => state.kind === 'unknown')) report.notChecked('work-cap');
  },
});

/** The pods left open in any of the directions. */
function openIn(states: readonly State[]): Pick<Loss, 'open' | 'mixed'> {
  const keys = states.map((state) => state.open.map(boxKey).sort().join(' '));
  const boxes = distinctBoxes(states.flatMap((state) => state.open));
  return { open: boxes.some(isEveryBox) ? [everyLabels] : boxes, mixed: new Set(keys).size > 1 };
}

interface State {
  readonly direction: Direction;
  readonly kind: 'lost' | 'weakened' | 'absent' | 'partial' | 'kept' | 'unknown';
  /** The boxes of pods left open after the change, or newly open where something was lost. */
  readonly open: readonly LabelBox[];
  readonly before: readonly LabelBox[];
  readonly after: readonly LabelBox[];
}

function compare(context: CheckContext, namespace: string, direction: Direction): State {
  const after = isolated(context.after, namespace, direction);
  const open = leftOpen(after);
  const state = (kind: State['kind'], boxes: readonly LabelBox[], before: readonly LabelBox[] = []): State => ({
    direction,
    kind,
    open: boxes,
    before,
    after,
  });
  if (open === undefined) return state('unknown', []);
  if (open.length === 0) return state('kept', []);
  const before = isolated(context.before, namespace, direction);
  const openBefore = leftOpen(before);
  if (openBefore === undefined) return state('unknown', []);
  // What goes is told where it goes: of changes that come together, only the one whose own pods are opened is to blame.
  const newlyOpen = ownBoxes(context, namespace, direction).flatMap((box) => leftOpen(after, box) ?? [box]);
  if (newlyOpen.length > 0) return state(openBefore.length === 0 ? 'lost' : 'weakened', newlyOpen, before);
  if (context.change.operation === 'DELETE') return state('kept', open, before);
  return state(after.length === 0 ? 'absent' : 'partial', open, before);
}

/** The pods that the policy, as it was, isolated. */
function ownBoxes({ oldPolicy, before }: CheckContext, name: string, direction: Direction): readonly LabelBox[] {
  if (oldPolicy === undefined || !ruleList(oldPolicy, direction).applies) return [];
  const namespace = before.namespaceOrBare(name);
  return oldPolicy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
}

/** A deletion may take the default deny where what was reviewed elsewhere is being applied, or where it opens nothing of today. */
function mayGo(context: CheckContext, states: readonly State[]): boolean {
  const namespace = context.change.ref.namespace ?? '';
  if (context.change.operation !== 'DELETE') return false;
  if (context.byDeployer) return true;
  return context.before.knowsPodsOf(namespace) && openedPods(context.before, namespace, states).length === 0;
}

function openedPods(world: World, namespace: string, states: readonly State[]): readonly PodClass[] {
  return podsOfToday(world, namespace).filter((pod) =>
    states.some(
      (state) =>
        !inAny(state.after, pod) && (state.kind === 'partial' || state.kind === 'absent' || inAny(state.before, pod)),
    ),
  );
}

function today(context: CheckContext, namespace: string, states: readonly State[]): Loss['today'] {
  if (!context.after.knowsPodsOf(namespace)) return undefined;
  const count = (pods: readonly PodClass[]) => pods.reduce((sum, pod) => sum + pod.count, 0);
  return {
    opened: count(openedPods(context.after, namespace, states)),
    all: count(podsOfToday(context.after, namespace)),
  };
}

/** A pod that is opened today, with traffic of the direction in which it is. */
function witness(context: CheckContext, namespace: string, states: readonly State[]): Flow | undefined {
  for (const state of states) {
    if (state.kind !== 'lost' && state.kind !== 'weakened') return undefined;
    const [pod] = openedPods(context.after, namespace, [state]);
    if (pod === undefined && context.after.knowsPodsOf(namespace)) continue;
    const inside = `${namespace}/${pod?.workload?.name ?? (pod === undefined ? '*' : formatLabels(pod))}`;
    return state.direction === 'ingress'
      ? { from: '192.0.2.1', to: inside, protocol: 'TCP', port: 80 }
      : { from: inside, to: '192.0.2.1', protocol: 'TCP', port: 443 };
  }
  return undefined;
}

function formatLabels(pod: PodClass): string {
  const [label] = [...pod.labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return label === undefined ? '*' : `${label[0]}=${label[1]}`;
}

function pathOf(context: CheckContext, directions: readonly Direction[], loss: boolean): FieldPath {
  if (!loss) return ['metadata', 'namespace'];
  const policy = context.policy;
  if (policy === undefined) return ['spec'];
  const dropped = directions.some((direction) => !ruleList(policy, direction).applies);
  return dropped ? ['spec', 'policyTypes'] : policy.subject.path;
}

function defaultDeny(namespace: string, directions: readonly Direction[]): string {
  const types = directions.map((direction) => (direction === 'ingress' ? 'Ingress' : 'Egress')).join(', ');
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny, namespace: ${namespace}}, spec: {podSelector: {}, policyTypes: [${types}]}}`;
}
