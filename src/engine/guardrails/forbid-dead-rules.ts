import { canonicalJson } from '../json/canonical.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import { distinctBoxes } from '../model/box-parts.ts';
import { type Direction, directions, isVoided, type Policy, ruleList } from '../model/policy.ts';
import { type Earlier, unreachableRules } from '../reach/unreachable.ts';
import { boxKey } from '../sets/labels.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { alsoAt } from '../words/places.ts';
import { flowYaml } from '../words/yaml.ts';
import { type DeadPart, type DeadReason, deadParts, type Role } from './dead/parts.ts';
import { nearMiss, type Unmet, unmetToday } from './dead/unmet-today.ts';
import { defineGuardrail, key } from './define.ts';
import { toldTogether } from './told-together.ts';
import {
  earlierText,
  type NobodyToday,
  nearestText,
  nobodyText,
  nothingText,
  type Undeclared,
  undeclaredWords,
} from './words/dead.ts';

interface TypeOff {
  readonly direction: Direction;
  readonly rules: number;
  /** The field that names the directions. */
  readonly types: 'policyTypes' | 'types';
}

interface MatchesNothing {
  readonly role: Role;
  readonly reason: DeadReason;
  readonly also: readonly FieldPath[];
}

interface OutOfReach {
  readonly earlier: Earlier;
  readonly also: readonly FieldPath[];
}

const typeOf = (direction: Direction) => (direction === 'ingress' ? 'Ingress' : 'Egress');

/** A rule that does nothing looks like one that does. */
export const forbidDeadRules = defineGuardrail({
  name: 'forbid-dead-rules',
  mode: 'warn',
  summary: {
    en: 'Everything that is written has an effect: no rule is switched off, and no selector finds nobody.',
    ja: '書かれたものがすべて効果を持つこと。無効なルールや、何も選択しないセレクターがないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'type-off': key<TypeOff>({
      when: {
        en: 'There are rules for a direction that the policy types do not name.',
        ja: 'ポリシータイプに含まれない方向のルールが書かれている場合。',
      },
      en: ({ direction, rules, types }) => ({
        message: `${rules === 1 ? '1 rule has' : `${countText(rules)} rules have`} no effect: ${types} does not name ${typeOf(direction)}`,
        why:
          types === 'types'
            ? 'Calico keeps such rules and never looks at them. Add the type, or remove the rules.'
            : 'Kubernetes ignores such rules, yet some network plugins enforce them. Add the type, or remove the rules.',
      }),
      ja: ({ direction, rules, types }) => ({
        message: `${countText(rules)} 個のルールは効果がありません。${types} に ${typeOf(direction)} がないためです`,
        why:
          types === 'types'
            ? 'Calico はこのようなルールを保存しますが、評価しません。タイプを追加するか、ルールを削除してください。'
            : 'Kubernetes はこのようなルールを無視しますが、適用してしまうネットワークプラグインもあります。タイプを追加するか、ルールを削除してください。',
      }),
    }),
    'matches-nothing': key<MatchesNothing>({
      when: {
        en: 'A selector, an address range or the ports of a rule are such that nothing can ever match them.',
        ja: 'セレクター、アドレス範囲、またはルールのポートが、何にも一致しえない場合。',
      },
      en: ({ role, reason, also }) => ({
        message: `${nothingText[reason].en}${role === 'subject' ? ', so this policy governs nothing' : ''}${alsoAt(also, 'en')}`,
        why: 'No pod or packet that may ever exist matches this. Correct it, or remove it.',
      }),
      ja: ({ role, reason, also }) => ({
        message: `${nothingText[reason].ja}${role === 'subject' ? '。このポリシーは何も対象にしません' : ''}${alsoAt(also, 'ja')}`,
        why: '今後作られるものも含め、一致する Pod や通信はありません。修正するか、削除してください。',
      }),
    }),
    unreachable: key<OutOfReach>({
      when: {
        en: 'No packet gets to a rule: earlier rules, policies or tiers decide about all that it matches.',
        ja: 'より先に評価されるルール、ポリシー、または tier がすべてを判断するため、ルールまで届く通信がない場合。',
      },
      en: ({ earlier, also }) => ({
        message: `no packet gets to this rule: ${earlierText(earlier, 'en')} about all that it matches${alsoAt(also, 'en')}`,
        why: 'It changes nothing, whatever it says. Put it before, or remove it.',
      }),
      ja: ({ earlier, also }) => ({
        message: `${joinJapanese(earlierText(earlier, 'ja'), 'がすべてを判断するため、このルールまで届く通信はありません')}${alsoAt(also, 'ja')}`,
        why: 'このルールは何を書いても効果がありません。先に評価されるように移すか、削除してください。',
      }),
    }),
    'selects-nothing-today': key<NobodyToday>({
      when: {
        en: 'A selector could find something, but nothing of what exists now.',
        ja: 'セレクターに一致するものが、現在は一つも存在しない場合。',
      },
      en: (nobody) => ({
        message: `today there ${nobodyText(nobody, 'en')}${nearestText(nobody, 'en')}${alsoAt(nobody.also, 'en')}`,
        why:
          nobody.unmet.role === 'profile'
            ? 'Until one does, the profile has no effect. Ignore this if the host endpoint follows in the same apply.'
            : nobody.unmet.role === 'subject'
              ? 'A policy that selects nothing protects nothing. Ignore this if the pods follow in the same apply.'
              : 'This peer is nobody, so it opens nothing. Ignore this if what it selects follows in the same apply.',
      }),
      ja: (nobody) => ({
        message: `${joinJapanese('現在、', nobodyText(nobody, 'ja'), 'はありません')}${nearestText(nobody, 'ja')}${alsoAt(nobody.also, 'ja')}`,
        why:
          nobody.unmet.role === 'profile'
            ? '参照されるまで、このプロファイルには効果がありません。同時に適用する HostEndpoint があれば、この警告は無視してかまいません。'
            : nobody.unmet.role === 'subject'
              ? '何も選択しないポリシーは、何も保護しません。同時に適用する Pod であれば、この警告は無視してかまいません。'
              : 'この相手に当てはまるものがないため、何も許可されません。同時に適用するものであれば、この警告は無視してかまいません。',
      }),
    }),
    'undeclared-types': key<{ readonly kind: Undeclared }>({
      when: {
        en: 'Egress is written without policyTypes, so that what is governed follows from defaults.',
        ja: 'policyTypes を書かずに egress を書いており、対象の方向が既定値で決まる場合。',
      },
      en: ({ kind }) => undeclaredWords[kind].en,
      ja: ({ kind }) => undeclaredWords[kind].ja,
    }),
  },
  check: (context, _settings, report) => {
    const { policy, change } = context;
    // Of a policy that is dead as a whole, `require-valid-syntax` tells why.
    if (policy === undefined || change.operation === 'DELETE' || isVoided(policy)) return;
    const types = isKubernetes(policy) ? 'policyTypes' : 'types';
    const unreadableTypes = policy.problems.some(
      ({ path }) => path[0] === 'spec' && (path[1] === 'policyTypes' || path[1] === 'types'),
    );
    if (!unreadableTypes) {
      for (const direction of directions) {
        const { rules, applies, path } = ruleList(policy, direction);
        if (applies || rules.length === 0) continue;
        const items = rules.map((rule) => textAt(change.object, rule.path));
        report.found('type-off', {
          path,
          args: { direction, rules: rules.length, types },
          fix: `${types}: [Ingress, Egress]`,
          set: { direction, items: [...new Set(items)] },
        });
      }
      const kind = undeclared(policy, change.object);
      if (kind !== undefined) {
        report.found('undeclared-types', {
          path: policy.egress.path,
          args: { kind },
          fix: `${types}: [${types === 'types' ? typesGoverned(policy) : 'Ingress, Egress'}]`,
          set: { items: [`undeclared-types:${kind}`] },
        });
      }
    }
    const dead = deadParts(policy).map((part) => ({ path: part.path, what: part }));
    const itemOf = (part: DeadPart) => `${part.reason}:${textAt(change.object, part.path)}`;
    for (const { first, all, also } of toldTogether(dead, (part) => `${part.role}:${itemOf(part)}`)) {
      const { role, reason, path } = first.what;
      report.found('matches-nothing', {
        path,
        args: { role, reason, also },
        fix: deadFix(policy, change.object, first.what),
        set: { ...directionOf(role), items: [...new Set(all.map(itemOf))] },
      });
    }
    for (const direction of directions) {
      const { found, complete } = unreachableRules(context.after, policy, direction);
      if (!complete) report.notChecked('work-cap');
      const out = found.map((one) => ({ path: one.rule.path, what: one }));
      for (const { first, all, also } of toldTogether(out, ({ earlier }) => earlierText(earlier, 'en'))) {
        report.found('unreachable', {
          path: first.path,
          args: { earlier: first.what.earlier, also },
          set: {
            direction,
            items: all.map(({ rule }) => `unreachable:${textAt(change.object, rule.path)}`),
          },
        });
      }
    }
    const { places, unknown } = unmetToday(context, policy);
    for (const { first, all, also } of toldTogether(places, samePeer)) {
      const nearest = nearMiss(change.object, first, context.after);
      report.found('selects-nothing-today', {
        path: first.path,
        args: { unmet: first.what, ownNamespace: policy.ref.namespace, nearest, also },
        fix: nearest?.fix,
        set: {
          ...directionOf(first.what.role),
          endpoints: distinctBoxes(all.flatMap(({ boxes }) => boxes)),
          items: ['selects-nothing-today'],
        },
      });
    }
    for (const reason of unknown) report.notChecked(reason);
  },
});

function samePeer({ role, boxes }: Unmet): string {
  return [role, ...boxes.map(boxKey)].join(' ');
}

function directionOf(role: Unmet['role']): { readonly direction?: Direction } {
  return role === 'ingress' || role === 'egress' ? { direction: role } : {};
}

/** What stands at a path, so that a dead part is known again elsewhere. */
function textAt(object: unknown, path: FieldPath): string {
  return canonicalJson(valueAt(object, path)) ?? '';
}

/** A range without what takes it away, or a port by its number. Of a selector nobody knows what was meant. */
function deadFix(policy: Policy, object: unknown, { reason, path }: DeadPart): string | undefined {
  const ofKubernetes = isKubernetes(policy);
  if (reason === 'named-ports') return ofKubernetes ? 'ports: [{protocol: TCP, port: 443}]' : 'ports: [443]';
  const cidr = valueAt(object, path);
  if (reason !== 'addresses' || typeof cidr !== 'string') return undefined;
  return ofKubernetes ? `ipBlock: ${flowYaml({ cidr })}` : `nets: ['${cidr}']`;
}

function undeclared(policy: Policy, object: unknown): Undeclared | undefined {
  const { ingress, egress } = policy;
  if (egress.declared) return undefined;
  if (!isKubernetes(policy)) return undeclaredOfCalico(policy, object);
  if (!Array.isArray(valueAt(object, egress.path))) return undefined;
  if (egress.rules.length === 0) return 'egress-open';
  return Array.isArray(valueAt(object, ingress.path)) ? 'both' : 'closes-ingress';
}

/**
 * Calico's API server fills in types by the number of rules, its admission policies by whether there is a list at all, and
 * where neither is asked Felix governs both directions.
 *
 * Source: projectcalico/calico api/pkg/defaults and api/admission.
 */
function undeclaredOfCalico({ ref, ingress, egress }: Policy, object: unknown): Undeclared | undefined {
  // Profiles have no types, and a staged Kubernetes policy has those of Kubernetes.
  if (ref.kind === 'Profile' || ref.kind === 'StagedKubernetesNetworkPolicy') return undefined;
  if (isStored(object)) return 'calico-stored';
  const [hasIngress, hasEgress] = [ingress, egress].map(({ path }) => Array.isArray(valueAt(object, path)));
  const differs =
    ingress.applies !== (hasIngress === true || hasEgress !== true) || egress.applies !== (hasEgress === true);
  return differs ? 'calico-differs' : undefined;
}

function isStored(object: unknown): boolean {
  const version = valueAt(object, ['apiVersion']);
  return typeof version === 'string' && version.startsWith('crd.projectcalico.org/');
}

function isKubernetes({ ref }: Policy): boolean {
  return ref.group === 'networking.k8s.io';
}

function typesGoverned({ ingress, egress }: Policy): string {
  return [...(ingress.applies ? ['Ingress'] : []), ...(egress.applies ? ['Egress'] : [])].join(', ');
}
