import { policyResources } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import { nameLabel } from '../model/attributes.ts';
import {
  admitsAnyNamespace,
  admitsBarePod,
  distinctBoxes,
  namedNamespaces,
  namespacePart,
} from '../model/box-parts.ts';
import { isNamespaceChange } from '../model/change.ts';
import type { Namespace } from '../model/namespace.ts';
import { groupKind, labelsOf, refName } from '../model/object.ts';
import { type Direction, directions, type Peer, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { relabelled } from '../reach/relabelled.ts';
import { boxKey, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { isNoTraffic } from '../sets/traffic.ts';
import { boxText } from '../words/box.ts';
import { joinJapanese } from '../words/japanese.ts';
import { alsoAt } from '../words/places.ts';
import { flowYaml } from '../words/yaml.ts';
import type { CheckContext } from './context.ts';
import { defineGuardrail, key, type Language } from './define.ts';
import { type Relabelling, relabellingEn, relabellingJa } from './relabelling-words.ts';
import { type Place, toldTogether } from './told-together.ts';

/** A peer that anybody can become who may set a label. */
interface TrustedPeer {
  readonly direction: Direction;
  readonly peer: LabelBox;
  readonly ownNamespace: string | undefined;
  readonly also: readonly FieldPath[];
}

/** A label is a claim of whoever may set it. */
export const forbidSpoofableTrust = defineGuardrail({
  name: 'forbid-spoofable-trust',
  mode: 'warn',
  summary: {
    en: 'No trust hangs on labels that the trusted can set themselves.',
    ja: '相手が自分で付けられるラベルだけを根拠に、通信を許可しないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'namespace-label': key<TrustedPeer | Relabelling>({
      when: {
        en: `An allowed peer is known by another namespace label than ${nameLabel}, or relabelling a namespace opens or closes traffic that way.`,
        ja: `${nameLabel} 以外の namespace のラベルで相手を判断している場合、または namespace のラベルの変更がそのような許可に影響する場合。`,
      },
      en: (args) =>
        'relabelled' in args
          ? relabellingEn(args)
          : {
              message: `${letIn(args, 'en')}, and whoever may label a namespace can join them${alsoAt(args.also, 'en')}`,
              why: `Only ${nameLabel} is set by the API server and cannot be changed. Name the namespaces by it.`,
            },
      ja: (args) =>
        'relabelled' in args
          ? relabellingJa(args)
          : {
              message: `${letIn(args, 'ja')}。namespace にラベルを付けられる人なら、誰でも対象に加われます${alsoAt(args.also, 'ja')}`,
              why: `API サーバーが設定し、変更できないラベルは ${nameLabel} だけです。このラベルで namespace を指定してください。`,
            },
    }),
    'pod-label-across-namespaces': key<TrustedPeer>({
      when: {
        en: 'An allowed peer is known by its pod labels alone, in whatever namespace it is.',
        ja: '相手を Pod のラベルだけで判断し、namespace を限定していない場合。',
      },
      en: (args) => ({
        message: `${letIn(args, 'en')}, and whoever may create pods anywhere can join them${alsoAt(args.also, 'en')}`,
        why: 'Pod labels are set by whoever creates the pod. Name the namespace too, in the same item.',
      }),
      ja: (args) => ({
        message: `${letIn(args, 'ja')}。いずれかの namespace で Pod を作れる人なら、誰でも対象に加われます${alsoAt(args.also, 'ja')}`,
        why: 'Pod のラベルは、その Pod を作る人が自由に決められます。同じ項目の中で namespace も指定してください。',
      }),
    }),
  },
  check: (context, _settings, report) => {
    const { policy, change, after } = context;
    if (isNamespaceChange(change)) {
      if (change.operation !== 'UPDATE') return;
      const labels = changedLabels(context);
      if (labels.length > 0 && !policyResources.some((resource) => after.knows(groupKind(resource)))) {
        report.notChecked('no-policies');
      }
      for (const label of labels) {
        const changes = relabelledBy(context, label);
        if (changes.every(({ gained, lost }) => gained.length + lost.length === 0)) continue;
        report.found('namespace-label', {
          path: ['metadata', 'labels', label],
          args: { relabelled: changes },
          fix: () => labelAsBefore(context, label),
        });
      }
      return;
    }
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const direction of directions) {
      const trusted = trustedPeers(policy, direction);
      for (const [name, trusts] of [
        ['namespace-label', onNamespaceLabel],
        ['pod-label-across-namespaces', onPodLabelAnywhere],
      ] as const) {
        const places = trusted.filter(({ what }) => trusts(what.box));
        for (const { first, all, also } of toldTogether(places, ({ box }) => boxKey(box))) {
          const { box, peer } = first.what;
          report.found(name, {
            path: first.path,
            args: { direction, peer: box, ownNamespace: policy.ref.namespace, also },
            fix: () => namedInstead(context, direction, peer, box),
            set: {
              direction,
              subject: policy.subject.endpoints,
              endpoints: distinctBoxes(all.map((one) => one.box)),
            },
          });
        }
      }
    }
  },
});

function letIn({ direction, peer, ownNamespace }: TrustedPeer, language: Language): string {
  const text = boxText(peer, ownNamespace, language);
  if (language === 'ja') return joinJapanese(text, direction === 'ingress' ? 'から接続できます' : 'へ接続できます');
  return `${text} ${direction === 'ingress' ? 'may connect' : 'may be reached'}`;
}

interface Trusted {
  readonly peer: Peer;
  readonly box: LabelBox;
}

function trustedPeers(policy: Policy, direction: Direction): readonly Place<Trusted>[] {
  const list = ruleList(policy, direction);
  if (!list.applies) return [];
  return list.rules.flatMap((rule) => {
    if (rule.action !== 'allow' || isNoTraffic(rule.traffic)) return [];
    return rule.peers.flatMap((peer) => {
      const boxes = peer.endpoints === 'any' ? [] : peer.endpoints.filter((box) => !isEmptyBox(box));
      return boxes.map((box) => ({ path: peer.path, what: { peer, box } }));
    });
  });
}

/** Whether some namespace is trusted for a label that others can take on. One that is shut out for a label is not trusted. */
function onNamespaceLabel(box: LabelBox): boolean {
  if (namedNamespaces(box) !== undefined) return false;
  return namespacePart(box).conditions.some(({ key, absent }) => key !== nameLabel && !absent);
}

function onPodLabelAnywhere(box: LabelBox): boolean {
  return admitsAnyNamespace(box) && !admitsBarePod(box);
}

/** Past this many namespaces a list of them is no better than the label. */
const mostNames = 5;

/** The same peer with its namespaces named: those of today that it admits, where there are few. */
function namedInstead({ change, after }: CheckContext, direction: Direction, peer: Peer, box: LabelBox): string {
  const names = onPodLabelAnywhere(box) ? [] : namesOfToday(after, namespacePart(box));
  const podSelector = podSelectorOf(change.object, peer);
  const item = {
    namespaceSelector:
      names.length > 1
        ? { matchExpressions: [{ key: nameLabel, operator: 'In', values: names }] }
        : { matchLabels: { [nameLabel]: names[0] ?? 'NAMESPACE' } },
    ...(podSelector === undefined ? {} : { podSelector }),
  };
  return `${direction === 'ingress' ? 'from' : 'to'}: ${flowYaml([item])}`;
}

function namesOfToday(world: World, labels: LabelBox): readonly string[] {
  const names: string[] = [];
  for (const namespace of world.namespacesIn(labels)) {
    if (names.length === mostNames) return [];
    names.push(namespace.name);
  }
  return names.sort();
}

/** As the user wrote it. Where a peer has both selectors its path is that of the item, else that of the selector. */
function podSelectorOf(object: unknown, { written, path }: Peer): unknown {
  if (!written.podSelector) return undefined;
  return valueAt(object, written.namespaceSelector ? [...path, 'podSelector'] : path);
}

function changedLabels({ change }: CheckContext): readonly string[] {
  const before = labelsOf(change.oldObject);
  const after = labelsOf(change.object);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((label) => label !== nameLabel && before.get(label) !== after.get(label))
    .sort();
}

function relabelledBy({ change, after }: CheckContext, label: string): Relabelling['relabelled'] {
  const { name } = change.ref;
  const labelled = (object: unknown): Namespace => ({
    name,
    labels: new Map(labelsOf(object)).set(nameLabel, name),
    terminating: false,
  });
  const names = (policies: readonly Policy[]) => policies.map((policy) => refName(policy.ref)).sort();
  return relabelled(
    after.policiesReading(label, [labelsOf(change.oldObject).get(label), labelsOf(change.object).get(label)]),
    label,
    labelled(change.oldObject),
    labelled(change.object),
  ).map(({ direction, gained, lost }) => ({ direction, gained: names(gained), lost: names(lost) }));
}

/** A label that was not there before has no form in which a manifest could take it away. */
function labelAsBefore({ change }: CheckContext, label: string): string | undefined {
  const value = labelsOf(change.oldObject).get(label);
  return value === undefined ? undefined : `labels: ${flowYaml(Object.fromEntries([[label, value]]))}`;
}
