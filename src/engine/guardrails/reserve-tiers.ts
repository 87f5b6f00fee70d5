import { identityOf } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { groupKind } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';
import { namespacesOfTier } from '../reach/scope.ts';
import { joinJapanese } from '../words/japanese.ts';
import { shortListText } from '../words/list.ts';
import { changedField } from './changed-field.ts';
import { defineGuardrail, key } from './define.ts';
import { type ReservedOrders, readNames, readReservedOrders } from './settings.ts';
import { type TierEdit, tierEdit } from './tier-edit.ts';

/** Tiers that Calico, its operator and the kinds of Kubernetes' cluster-wide policies use for themselves. */
const builtIn: readonly string[] = [
  'calico-system',
  'allow-tigera',
  'kube-admin',
  'kube-baseline',
  'adminnetworkpolicy',
  'baselineadminnetworkpolicy',
];

interface ReservedTier {
  readonly tier: string;
  /** Whether the tier itself is written, or a policy in it. */
  readonly written: 'tier' | 'policy';
}

interface ReservedOrder {
  readonly tier: string;
  readonly order: number;
  readonly below: number;
}

const mostPolicies = 3;

/** What decides first decides for everyone; so the first tiers and orders belong to those who answer for the cluster. */
export const reserveTiers = defineGuardrail({
  name: 'reserve-tiers',
  mode: 'enforce',
  summary: {
    en: 'Reserved tiers and orders are written by the platform only, and no edit of a tier changes verdicts unnoticed.',
    ja: '予約された tier と order に書き込むのはプラットフォームだけであり、tier の変更が気付かれずに判定を変えないこと。',
  },
  settings: {
    tiers: {
      type: 'names',
      description: `Tiers that belong to the platform, besides those of Calico itself (${builtIn.join(', ')}).`,
      default: [],
    },
    orders: {
      type: 'tierOrders',
      description:
        'Orders that belong to the platform: those of a tier below a number, as `{tier: default, below: 100}`.',
      default: [],
    },
  },
  readSettings: (settings) => ({
    tiers: new Set([...builtIn, ...readNames(field(settings, 'tiers'))]),
    orders: readReservedOrders(field(settings, 'orders')),
  }),
  keys: {
    'reserved-tier': key<ReservedTier>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'Someone outside the platform writes a reserved tier, or a policy in it.',
        ja: 'プラットフォーム以外の利用者が、予約された tier、またはその中のポリシーに書き込む場合。',
      },
      en: ({ tier, written }) => ({
        message:
          written === 'tier'
            ? `tier ${tier} belongs to the platform`
            : `tier ${tier}, where this policy stands, belongs to the platform`,
        why: 'What stands there decides about the traffic of the whole cluster. Use another tier, or ask the platform team.',
      }),
      ja: ({ tier, written }) => ({
        message:
          written === 'tier'
            ? joinJapanese('tier', tier, 'はプラットフォームのものです')
            : joinJapanese('このポリシーの tier', tier, 'はプラットフォームのものです'),
        why: 'この tier はクラスター全体の通信を左右します。別の tier を使うか、プラットフォームチームに相談してください。',
      }),
    }),
    'reserved-order': key<ReservedOrder>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'Someone outside the platform writes a policy with a reserved order.',
        ja: 'プラットフォーム以外の利用者が、予約された order のポリシーに書き込む場合。',
      },
      en: ({ tier, order, below }) => ({
        message: `order ${order} is reserved: in tier ${tier}, orders below ${below} belong to the platform`,
        why: `A policy with a lower order decides before the others. Use order ${below} or more.`,
      }),
      ja: ({ tier, order, below }) => ({
        message: `order ${order} は予約されています。tier ${tier} では ${below} 未満の order はプラットフォームのものです`,
        why: `order の小さいポリシーが先に判断します。${below} 以上の order を使ってください。`,
      }),
    }),
    'tier-edit': key<TierEdit>({
      mode: 'warn',
      when: {
        en: 'Another order or default action of a tier changes what becomes of the traffic that its policies, or those it now comes before or after, govern.',
        ja: 'tier の order や defaultAction の変更により、その tier のポリシーや、前後が入れ替わるポリシーの対象となる通信の判定が変わる場合。',
      },
      en: (edit) => ({
        message: `this changes ${editEn(edit)} tier ${edit.tier}, and so the verdict of ${policiesEn(edit)}`,
        why: 'A tier decides about all pods that its policies select, in every namespace. Look at each of these policies before.',
      }),
      ja: (edit) => ({
        message: `${joinJapanese('tier', edit.tier, 'の', editJa(edit), 'が変わり、', policiesJa(edit), 'の判定に影響します')}`,
        why: 'tier は、ポリシーが選択するすべての namespace の Pod の通信を左右します。先にこれらのポリシーを確認してください。',
      }),
    }),
  },
  check: (context, { tiers, orders }, report) => {
    const { change, policy, oldPolicy } = context;
    if (groupKind(identityOf(change.ref)) === 'Tier.projectcalico.org') {
      const { name: tier } = change.ref;
      if (tiers.has(tier))
        report.found('reserved-tier', { path: ['metadata', 'name'], args: { tier, written: 'tier' } });
      const [old, now] = [context.before.tier(tier), context.after.tier(tier)];
      if (old?.order === now?.order && old?.defaultAction === now?.defaultAction) return;
      const edit = tierEdit(
        context,
        namespacesOfTier(context, tier, () => true),
      );
      if (edit === 'unknown') report.notChecked('work-cap');
      else if (edit !== undefined) report.found('tier-edit', { path: editPath(edit, change.object), args: edit });
      return;
    }
    const written = [policy, oldPolicy].filter((one) => one !== undefined).filter(choosesItsPlace);
    const atMost = written.some(({ enforced }) => enforced) ? undefined : 'warn';
    const reserved = written.find(({ tier }) => tiers.has(tier));
    if (reserved !== undefined) {
      report.found('reserved-tier', {
        path: reserved === policy ? ['spec', 'tier'] : (changedField(context, ['tier']) ?? ['spec']),
        args: { tier: reserved.tier, written: 'policy' },
        atMost,
      });
    }
    for (const one of written) {
      const order = reservedOrder(one, orders);
      if (order === undefined) continue;
      report.found('reserved-order', {
        path: one === policy ? ['spec', 'order'] : (changedField(context, ['order']) ?? ['spec']),
        args: order,
        fix: one === policy ? `order: ${order.below}` : undefined,
        atMost,
      });
      break;
    }
  },
});

/** Policies of Kubernetes stand where Calico puts them; nobody chose their order. */
function choosesItsPlace({ ref }: Policy): boolean {
  return ref.group !== 'networking.k8s.io' && ref.kind !== 'StagedKubernetesNetworkPolicy' && ref.kind !== 'Profile';
}

function reservedOrder({ tier, order }: Policy, orders: readonly ReservedOrders[]): ReservedOrder | undefined {
  const found = orders.find((one) => one.tier === tier && order < one.below);
  return found === undefined ? undefined : { tier, order, below: found.below };
}

function editPath({ what }: TierEdit, object: unknown): FieldPath {
  if (object === undefined || what === 'both') return ['spec'];
  const name = what === 'order' ? 'order' : 'defaultAction';
  return field(field(object, 'spec'), name) === undefined ? ['spec'] : ['spec', name];
}

function editEn({ what }: TierEdit): string {
  return what === 'order'
    ? 'the order of'
    : what === 'default-action'
      ? 'how unlisted traffic ends in'
      : 'the order and the default action of';
}

function editJa({ what }: TierEdit): string {
  return what === 'order' ? '順序' : what === 'default-action' ? '既定の動作' : '順序と既定の動作';
}

function policiesEn({ policies, more }: TierEdit): string {
  const list = shortListText(policies, mostPolicies, 'en');
  return `${policies.length === 1 ? 'policy' : 'policies'} ${list}${more ? ', at least' : ''}`;
}

function policiesJa({ policies, more }: TierEdit): string {
  return joinJapanese('ポリシー', shortListText(policies, mostPolicies, 'ja'), more ? '(少なくとも)' : '');
}
