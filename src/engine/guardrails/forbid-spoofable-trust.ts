import { policyResources } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import { endpointKind, nameLabel, serviceAccountLabelOf, serviceAccountName } from '../model/attributes.ts';
import { admitsAnyNamespace, distinctBoxes, namedNamespaces, namespacePart, podPart } from '../model/box-parts.ts';
import { isNamespaceChange } from '../model/change.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Namespace } from '../model/namespace.ts';
import { groupKind, labelsOf, type ObjectRef, refName } from '../model/object.ts';
import { type Direction, directions, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { relabelled } from '../reach/relabelled.ts';
import { admitsFresh, boxKey, boxOf, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { isNoTraffic } from '../sets/traffic.ts';
import { hasValue, listedValues } from '../sets/values.ts';
import { boxesText } from '../words/box.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import { joinJapanese } from '../words/japanese.ts';
import type { Language } from '../words/language.ts';
import { listText } from '../words/list.ts';
import { alsoAt } from '../words/places.ts';
import { flowYaml } from '../words/yaml.ts';
import { copiedLabels, impostorIn } from './copied-labels.ts';
import { defineGuardrail, key, type Report } from './define.ts';
import { type Place, toldTogether } from './told-together.ts';
import { type Relabelling, relabellingEn, relabellingJa } from './words/relabelling.ts';

/** A peer that anybody can become who may set a label. */
interface TrustedPeer {
  readonly direction: Direction;
  /** A selector of Calico's comes to several boxes. */
  readonly peer: readonly LabelBox[];
  readonly ownNamespace: string | undefined;
  readonly also: readonly FieldPath[];
}

/** Somebody who is known by the name of a service account, in whatever namespace. */
interface TrustedAccount {
  readonly role: Direction | 'subject';
  readonly who: readonly LabelBox[];
  readonly also: readonly FieldPath[];
}

interface Copied {
  readonly label: string;
}

/** A pod of today that a peer admits for labels that it only pretends to have inherited. */
interface Pretended {
  readonly direction: Direction;
  readonly namespace: string;
  readonly keys: readonly string[];
}

const keys = {
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
  'service-account-anywhere': key<TrustedAccount>({
    when: {
      en: 'A cluster policy knows whom it opens something for by the name of a service account, in whatever namespace.',
      ja: 'クラスター全体のポリシーが、namespace を限定せずにサービスアカウント名だけで許可の対象を決めている場合。',
    },
    en: ({ role, who, also }) => ({
      message: `${accountEn(role, boxesText(who, undefined, 'en'))}, and whoever may create a service account anywhere can join them${alsoAt(also, 'en')}`,
      why: 'Every namespace can have a service account of that name. Name the namespace too, by a namespaceSelector beside it.',
    }),
    ja: ({ role, who, also }) => ({
      message: `${accountJa(role, boxesText(who, undefined, 'ja'))}。いずれかの namespace でサービスアカウントを作れる人なら、誰でも対象に加われます${alsoAt(also, 'ja')}`,
      why: '同じ名前のサービスアカウントはどの namespace にも作れます。namespaceSelector を並べて、namespace も指定してください。',
    }),
  }),
  'copied-label': key<Copied | Pretended>({
    mode: 'enforce',
    when: {
      en: 'A set or host endpoint is labelled by hand as Calico labels what belongs to a namespace or a service account; or a pod of today that is labelled so is let in for it, which warns.',
      ja: 'Calico が namespace やサービスアカウントから写すラベルを、セットや HostEndpoint に手で付けている場合。そのようなラベルを付けた現在の Pod が許可の対象になる場合は警告。',
    },
    en: (args) =>
      'label' in args
        ? {
            message: `the label ${flowYaml(args.label)} is Calico's own: by hand it makes this look as if it were in another namespace or under another service account`,
            why: 'Calico takes it for a label of the namespace or service account, so selectors that trust those trust this too. Use a label of another name.',
          }
        : {
            message: `pods of namespace ${args.namespace} ${args.direction === 'ingress' ? 'may connect' : 'may be reached'} only because they carry ${listText(args.keys.slice(0, 3), 'en')}, which Calico takes for labels of their namespace or service account`,
            why: 'Whoever may create pods there can set such labels. Take them off the pods, or name the namespaces.',
          },
    ja: (args) =>
      'label' in args
        ? {
            message: `ラベル ${flowYaml(args.label)} は Calico 自身が使うものです。手で付けると、別の namespace やサービスアカウントのものに見えます`,
            why: 'Calico はこれを namespace やサービスアカウントのラベルとして扱い、それらを信頼するセレクターの対象になります。別の名前のラベルを使ってください。',
          }
        : {
            message: joinJapanese(
              'namespace',
              args.namespace,
              args.direction === 'ingress' ? 'の Pod から接続できるのは、' : 'の Pod へ接続できるのは、',
              listText(args.keys.slice(0, 3), 'ja'),
              'が付いていて、Calico が namespace やサービスアカウントのラベルとみなすためです',
            ),
            why: 'その namespace で Pod を作れる人は、このラベルを自由に付けられます。Pod からラベルを外すか、namespace を名前で指定してください。',
          },
  }),
};

type SpoofableKeys = typeof keys;

function accountEn(role: TrustedAccount['role'], who: string): string {
  if (role === 'subject') return `this opens traffic for ${who}`;
  return `${who} ${role === 'ingress' ? 'may connect' : 'may be reached'}`;
}

function accountJa(role: TrustedAccount['role'], who: string): string {
  if (role === 'subject') return joinJapanese(who, 'の通信が許可されます');
  return joinJapanese(who, role === 'ingress' ? 'から接続できます' : 'へ接続できます');
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
  keys,
  check: (context, _settings, report) => {
    const { policy, change, after, enforcer } = context;
    if (change.operation !== 'DELETE') {
      for (const { path, key, value } of copiedLabels(change.object, change.ref)) {
        report.found('copied-label', {
          path,
          args: { label: key },
          set: { items: [`${key}=${value}`] },
          atMost: change.ref.kind === 'Profile' ? 'warn' : undefined,
        });
      }
    }
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
    const isCalico = policy.ref.group !== 'networking.k8s.io' || enforcer === 'calico' || after.holdsCalico;
    for (const direction of directions) {
      const trusted = trustedPeers(policy, direction);
      if (trusted.length === 0) continue;
      for (const [name, trusts] of waysToTrust) {
        for (const { first, all, also } of toldTogether(narrowed(trusted, trusts), samePeer)) {
          const { boxes, peer } = first.what;
          report.found(name, {
            path: first.path,
            args: { direction, peer: boxes, ownNamespace: policy.ref.namespace, also },
            fix: () => namedInstead(context, direction, peer, boxes),
            set: {
              direction,
              subject: policy.subject.endpoints,
              endpoints: distinctBoxes(all.flatMap((one) => one.boxes)),
            },
          });
        }
      }
      for (const { path, what } of isCalico ? trusted : []) {
        const impostor = impostorIn(what.boxes, after);
        if (impostor === 'undecided') report.notChecked('work-cap');
        else if (impostor !== undefined) {
          const { pod, keys } = impostor;
          report.found('copied-label', {
            path,
            args: { direction, namespace: pod.namespace, keys },
            set: { direction, endpoints: what.boxes },
            atMost: 'warn',
          });
          break;
        }
      }
    }
    if (policy.ref.namespace === undefined) accountsAnywhere(policy, report);
  },
});

function letIn({ direction, peer, ownNamespace }: TrustedPeer, language: Language): string {
  const text = boxesText(peer, ownNamespace, language);
  if (language === 'ja') return joinJapanese(text, direction === 'ingress' ? 'から接続できます' : 'へ接続できます');
  return `${text} ${direction === 'ingress' ? 'may connect' : 'may be reached'}`;
}

const waysToTrust = [
  ['namespace-label', onNamespaceLabel],
  ['pod-label-across-namespaces', onPodLabelAnywhere],
] as const;

interface Trusted {
  readonly peer: Peer;
  readonly boxes: readonly LabelBox[];
}

/** The places whose peers are trusted in a certain way, with the boxes that are. */
function narrowed(places: readonly Place<Trusted>[], trusts: (box: LabelBox) => boolean): readonly Place<Trusted>[] {
  return places.flatMap(({ path, what: { peer, boxes } }) => {
    const trusted = boxes.filter(trusts);
    return trusted.length === 0 ? [] : [{ path, what: { peer, boxes: trusted } }];
  });
}

function samePeer({ boxes }: Trusted): string {
  return boxes.map(boxKey).sort().join(' ');
}

function trustedRules(policy: Policy, direction: Direction): readonly Rule[] {
  const list = ruleList(policy, direction);
  return list.applies ? list.rules.filter((rule) => rule.action === 'allow' && !isNoTraffic(rule.traffic)) : [];
}

function trustedPeers(policy: Policy, direction: Direction): readonly Place<Trusted>[] {
  return trustedRules(policy, direction).flatMap((rule) => {
    return rule.peers.flatMap((peer) => {
      const boxes = peer.endpoints === 'any' ? [] : peer.endpoints.filter((box) => !isEmptyBox(box));
      return boxes.length === 0 ? [] : [{ path: peer.path, what: { peer, boxes } }];
    });
  });
}

/** Whether some namespace is trusted for a label that others can take on. One that is shut out for a label is not trusted. */
function onNamespaceLabel(box: LabelBox): boolean {
  if (namedNamespaces(box) !== undefined) return false;
  return namespacePart(box).conditions.some(({ key, absent }) => key !== nameLabel && !absent);
}

/** Whether pods of any namespace are trusted for labels of their own. */
function onPodLabelAnywhere(box: LabelBox): boolean {
  return admitsAnyNamespace(box) && isOfPods(box) && !admitsFresh(ownLabels(box));
}

function isOfPods(box: LabelBox): boolean {
  const kinds = box.conditions.find(({ key }) => key === endpointKind)?.values;
  return kinds === undefined || hasValue(kinds, 'Pod');
}

/** What a box asks of a pod's own labels, its service account aside. */
function ownLabels(box: LabelBox): LabelBox {
  return boxOf(podPart(box).conditions.filter(({ key }) => serviceAccountLabelOf(key) === undefined));
}

/** Whether pods of any namespace are trusted for the name of their service account. */
function onAccountAnywhere(box: LabelBox): boolean {
  const name = box.conditions.find(({ key }) => key === serviceAccountName);
  return name !== undefined && !name.absent && listedValues(name.values)?.except === false && admitsAnyNamespace(box);
}

/** Service accounts of the same name are in every namespace that somebody makes one in. */
function accountsAnywhere(policy: Policy, report: Report<SpoofableKeys>): void {
  const subject = policy.subject.endpoints.filter(onAccountAnywhere);
  const opens = directions.some((direction) => trustedRules(policy, direction).length > 0);
  if (subject.length > 0 && opens) {
    report.found('service-account-anywhere', {
      path: policy.subject.path,
      args: { role: 'subject', who: subject, also: [] },
      fix: `namespaceSelector: ${flowYaml("projectcalico.org/name == 'NAMESPACE'")}`,
      set: { subject, items: ['subject'] },
    });
  }
  for (const direction of directions) {
    const places = narrowed(trustedPeers(policy, direction), onAccountAnywhere);
    for (const { first, all, also } of toldTogether(places, samePeer)) {
      report.found('service-account-anywhere', {
        path: first.path,
        args: { role: direction, who: first.what.boxes, also },
        fix: `namespaceSelector: ${flowYaml("projectcalico.org/name == 'NAMESPACE'")}`,
        set: {
          direction,
          subject: policy.subject.endpoints,
          endpoints: distinctBoxes(all.flatMap((one) => one.boxes)),
        },
      });
    }
  }
}

/** Past this many namespaces a list of them is no better than the label. */
const mostNames = 5;

/** The same peer with its namespaces named: those of today that it admits, where there are few. */
function namedInstead(
  { change, after, policy }: CheckContext,
  direction: Direction,
  peer: Peer,
  boxes: readonly LabelBox[],
): string {
  const names = boxes.some(onPodLabelAnywhere) ? [] : namesOfToday(after, boxes.map(namespacePart));
  if (policy !== undefined && isWrittenAsCalico(policy.ref)) {
    const [first = 'NAMESPACE', ...others] = names;
    const named = others.length === 0 ? `== '${first}'` : `in {${names.map((name) => `'${name}'`).join(', ')}}`;
    return `namespaceSelector: ${flowYaml(`${nameLabel} ${named}`)}`;
  }
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

function namesOfToday(world: World, labels: readonly LabelBox[]): readonly string[] {
  const names = new Set<string>();
  for (const box of labels) {
    for (const namespace of world.namespacesIn(box)) {
      names.add(namespace.name);
      if (names.size > mostNames) return [];
    }
  }
  return [...names].sort();
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
  const names = (policies: readonly ObjectRef[]) => policies.map(refName).sort();
  return relabelled(
    after.trustsReading(label, [labelsOf(change.oldObject).get(label), labelsOf(change.object).get(label)]),
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
