import type { FieldPath } from '../json/path.ts';
import { asList, field, isAbsent, isObject } from '../json/read.ts';
import { valueAt } from '../json/value-at.ts';
import { distinctBoxes, podPart } from '../model/box-parts.ts';
import { type Direction, directions, type Peer, type Rule, ruleList } from '../model/policy.ts';
import { type AddressSet, unionAllAddresses } from '../sets/addresses.ts';
import { boxKey, emptyBox, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { addressesText } from '../words/addresses.ts';
import { boxesText, boxText, isNoEndpoint } from '../words/box.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import { joinJapanese } from '../words/japanese.ts';
import { listText } from '../words/list.ts';
import { alsoAt } from '../words/places.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { type Place, toldTogether } from './told-together.ts';

/** Two list entries that may have been meant as one. */
interface TwoReadings {
  readonly ownNamespace: string | undefined;
  readonly namespaces: LabelBox;
  readonly pods: LabelBox;
  /** Whom one entry with both selectors would mean. */
  readonly both: LabelBox;
  readonly also: readonly FieldPath[];
}

/** A selector and networks side by side, which Calico ANDs. */
interface Narrowed {
  readonly endpoints: string;
  readonly endpointsJa: string;
  readonly addresses: AddressSet;
}

/** A far end that is told only by what it is not. */
interface Negative {
  readonly direction: Direction;
  readonly fields: readonly string[];
}

/** One dash too many turns AND into OR, and both forms look alike. */
export const forbidAmbiguousPeers = defineGuardrail({
  name: 'forbid-ambiguous-peers',
  mode: 'warn',
  summary: {
    en: 'No list of peers holds a namespaceSelector and a podSelector as separate items, which means OR where AND is often meant.',
    ja: '一つのリストに namespaceSelector だけの項目と podSelector だけの項目が並んでいないこと。並べると AND ではなく OR になります。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'or-instead-of-and': key<TwoReadings>({
      when: {
        en: 'One list holds an item with a namespaceSelector alone and an item with a podSelector alone.',
        ja: '一つのリストに、namespaceSelector だけの項目と podSelector だけの項目が並んでいる場合。',
      },
      en: ({ namespaces, pods, both, ownNamespace, also }) => {
        const text = (box: LabelBox) => boxText(box, ownNamespace, 'en');
        return {
          message: `separate items mean OR: ${text(namespaces)}, or ${text(pods)}${alsoAt(also, 'en')}`,
          why: `One item with both selectors means AND: only ${text(both)}. Keep it so if OR is meant; if not, make them one item.`,
        };
      },
      ja: ({ namespaces, pods, both, ownNamespace, also }) => {
        const text = (box: LabelBox) => boxText(box, ownNamespace, 'ja');
        return {
          message: `項目が分かれているため OR になります: ${text(namespaces)}、${joinJapanese('または', text(pods))}${alsoAt(also, 'ja')}`,
          why: `${joinJapanese('両方のセレクターを一つの項目に書くと AND になり、', text(both), 'だけになります')}。OR のつもりならこのままで、そうでなければ一つの項目にまとめてください。`,
        };
      },
    }),
    'selector-and-nets': key<Narrowed>({
      mode: 'audit',
      when: {
        en: 'One side of a Calico rule has a selector and nets, which have to hold together.',
        ja: 'Calico のルールの一方に、セレクターと nets が並んでいる場合。両方を満たす必要があります。',
      },
      en: ({ endpoints, addresses }) => ({
        message: `a selector beside nets means AND: ${endpoints}, and of those only who is at ${addressesText(addresses, 'en')}`,
        why: `For OR, write two rules: one for ${endpoints}, one for ${addressesText(addresses, 'en')}.`,
      }),
      ja: ({ endpointsJa, addresses }) => ({
        message: joinJapanese(
          'セレクターと nets を並べると AND になります:',
          endpointsJa,
          'のうち、',
          addressesText(addresses, 'ja'),
          'にあるものだけです',
        ),
        why: joinJapanese(
          'OR にするには、',
          endpointsJa,
          'のルールと',
          addressesText(addresses, 'ja'),
          'のルールを分けて書いてください。',
        ),
      }),
    }),
    'negative-only': key<Negative>({
      mode: 'audit',
      when: {
        en: 'The far end of a Calico Allow rule has only fields that begin with not: everything else is let through.',
        ja: 'Calico の Allow ルールの相手側に not で始まるフィールドしかなく、それ以外のすべてを許可している場合。',
      },
      en: ({ direction, fields }) => ({
        message: `${listText(fields, 'en')} alone ${fields.length === 1 ? 'means' : 'mean'} everything else: ${direction === 'ingress' ? 'who may connect' : 'whom these may connect to'} is not listed`,
        why: 'Whatever nobody thought of is let through too. Say who is meant, and take the exceptions from that.',
      }),
      ja: ({ direction, fields }) => ({
        message: joinJapanese(
          listText(fields, 'ja'),
          'だけでは、それ以外のすべてという意味になります。',
          direction === 'ingress' ? '接続できる相手が列挙されていません' : '接続先が列挙されていません',
        ),
        why: '想定していない相手も許可されます。まず許可する相手を書き、そこから例外を除いてください。',
      }),
    }),
  },
  check: ({ policy, change }, _settings, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const direction of directions) {
      const list = ruleList(policy, direction);
      if (!list.applies) continue;
      if (isWrittenAsCalico(policy.ref)) {
        for (const rule of list.rules) {
          const path = [...rule.path, direction === 'ingress' ? 'source' : 'destination'];
          const narrowed = selectorAndNets(rule, policy.ref.namespace);
          if (narrowed !== undefined) {
            const { endpoints, args } = narrowed;
            report.found('selector-and-nets', { path, args, set: { direction, endpoints, addresses: args.addresses } });
          }
          const fields = rule.action === 'allow' ? onlyNegative(valueAt(change.object, path)) : [];
          if (fields.length > 0) {
            const items = fields.map((name) => `${name}: ${flowYaml(valueAt(change.object, [...path, name]))}`);
            report.found('negative-only', { path, args: { direction, fields }, set: { direction, items } });
          }
        }
        continue;
      }
      const far = direction === 'ingress' ? 'from' : 'to';
      const places = list.rules.flatMap((rule) => separateItems(rule, far) ?? []);
      for (const { first, all, also } of toldTogether(places, (items) => items.sameness)) {
        const namespaces = boxOf(first.what.namespaces);
        const pods = boxOf(first.what.pods);
        report.found('or-instead-of-and', {
          path: first.path,
          args: {
            ownNamespace: policy.ref.namespace,
            namespaces,
            pods,
            both: intersectBoxes(namespaces, podPart(pods)),
            also,
          },
          fix: () => `${far}: ${flowYaml(merged(change.object, first))}`,
          set: { direction, endpoints: distinctBoxes(all.flatMap((items) => items.endpoints)) },
        });
      }
    }
  },
});

function selectorAndNets(rule: Rule, ownNamespace: string | undefined) {
  const [first] = rule.peers;
  if (first === undefined || first.endpoints === 'any' || !first.written.ipBlock) return undefined;
  const { endpoints } = first;
  if (endpoints.every(isNoEndpoint)) return undefined;
  return {
    endpoints,
    args: {
      endpoints: boxesText(endpoints, ownNamespace, 'en'),
      endpointsJa: boxesText(endpoints, ownNamespace, 'ja'),
      addresses: unionAllAddresses(rule.peers.flatMap(({ addresses }) => (addresses === 'any' ? [] : [addresses]))),
    },
  };
}

/** The fields of one side of a rule, where all of them say only what is not meant. */
function onlyNegative(entity: unknown): readonly string[] {
  if (!isObject(entity)) return [];
  const written = Object.keys(entity).filter((name) => {
    const value = entity[name];
    return !isAbsent(value) && value !== '' && !(Array.isArray(value) && value.length === 0);
  });
  const isNegative = (name: string) => name === 'notNets' || name === 'notSelector' || name === 'notPorts';
  return written.every(isNegative) ? written.sort() : [];
}

/** The items of one list that have one selector each, where there are some of either kind. */
interface SeparateItems {
  /** The first of either kind. */
  readonly namespaces: Peer;
  readonly pods: Peer;
  /** All of them. */
  readonly endpoints: readonly LabelBox[];
  readonly sameness: string;
}

function separateItems(rule: Rule, far: 'from' | 'to'): Place<SeparateItems> | undefined {
  const selectors = rule.peers.filter((peer) => !isEmptyBox(boxOf(peer)));
  const ofNamespaces = selectors.filter(({ written }) => written.namespaceSelector && !written.podSelector);
  const ofPods = selectors.filter(({ written }) => written.podSelector && !written.namespaceSelector);
  const [namespaces] = ofNamespaces;
  const [pods] = ofPods;
  if (namespaces === undefined || pods === undefined) return undefined;
  const endpoints = distinctBoxes([...ofNamespaces, ...ofPods].map(boxOf));
  const sameness = endpoints.map(boxKey).sort().join(' ');
  return { path: [...rule.path, far], what: { namespaces, pods, endpoints, sameness } };
}

/** A Kubernetes selector is one box. One that cannot be read, or that nothing meets, is for others to tell of. */
function boxOf(peer: Peer): LabelBox {
  return peer.endpoints === 'any' ? emptyBox : (peer.endpoints[0] ?? emptyBox);
}

/** More items than this would bury the one that matters. */
const mostOthers = 2;

/** The list with its first two separate items as one, in the user's own words. */
function merged(object: unknown, { path, what }: Place<SeparateItems>): readonly unknown[] {
  const both = {
    namespaceSelector: valueAt(object, what.namespaces.path),
    podSelector: valueAt(object, what.pods.path),
  };
  const items = asList(valueAt(object, path)) ?? [];
  const others = items.filter(
    (item) =>
      field(item, 'namespaceSelector') !== both.namespaceSelector && field(item, 'podSelector') !== both.podSelector,
  );
  return others.length > mostOthers ? [both] : [both, ...others];
}
