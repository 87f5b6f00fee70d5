import { identityOf } from '../dialects/resources.ts';
import { formatPath } from '../json/path.ts';
import { defaultAllowProfile, type HostEndpoint } from '../model/host-endpoint.ts';
import type { NetworkSet } from '../model/network-set.ts';
import { groupKind, type ObjectRef, refName } from '../model/object.ts';
import { type Direction, directions, type Problem } from '../model/policy.ts';
import { defaultTier, type TierDefinition } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import { HostStates } from '../reach/host/host-states.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { addressesText } from '../words/addresses.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import type { Language } from '../words/language.ts';
import { shortListText } from '../words/list.ts';
import { problemText } from './problem-text.ts';

/** So many names are said of a list. */
const mostNames = 3;

/**
 * What an object means that is no policy, and that policies stand in, choose or govern: a Tier, a network set, a host
 * endpoint. Undefined for any other kind. The object is looked up in the World.
 */
export function surroundingText(
  ref: ObjectRef,
  problems: readonly Problem[],
  world: World,
  language: Language,
): string | undefined {
  const sentences = sentencesOf(identityOf(ref), world, language);
  if (sentences === undefined) return undefined;
  const wrong = problems.map((problem) => {
    const [path, text] = [formatPath(problem.path), problemText(problem, language)];
    return language === 'ja' ? `${path} に問題があります: ${text}。` : `Problem at ${path}: ${text}.`;
  });
  return [...sentences, ...wrong].join(language === 'ja' ? '' : ' ');
}

function sentencesOf(ref: ObjectRef, world: World, language: Language): readonly string[] | undefined {
  switch (groupKind(ref)) {
    case 'Tier.projectcalico.org': {
      const tier = world.tier(ref.name);
      return tier === undefined ? undefined : tierSentences(tier, world)[language];
    }
    case 'NetworkSet.projectcalico.org':
    case 'GlobalNetworkSet.projectcalico.org': {
      const set = world.object('networkSets', ref.name, ref.namespace);
      return set === undefined ? undefined : setSentences(set, world)[language];
    }
    case 'HostEndpoint.projectcalico.org': {
      const host = world.object('hostEndpoints', ref.name);
      return host === undefined ? undefined : hostSentences(host, world)[language];
    }
    default:
      return undefined;
  }
}

type Sentences = { readonly [L in Language]: readonly string[] };

function tierSentences({ name, order, defaultAction }: TierDefinition, world: World): Sentences {
  const own = world.tier(defaultTier);
  const isFirst = own === undefined || order < own.order || (order === own.order && name < defaultTier);
  const rank = countText(order);
  const isPass = defaultAction === 'pass';
  return {
    en: [
      name === defaultTier
        ? `Tier ${name} is where policies stand that name no tier, and those of Kubernetes; its order is ${rank}.`
        : `Policies of tier ${name} are asked ${isFirst ? 'before' : 'after'} those of tier ${defaultTier}: its order is ${rank}.`,
      `What they govern and no rule of them decides is ${isPass ? 'left to the next tier' : 'denied'}.`,
    ],
    ja: [
      name === defaultTier
        ? joinJapanese(
            'tier',
            name,
            `には、tier を書かないポリシーと Kubernetes のポリシーが属します。order は ${rank} です。`,
          )
        : joinJapanese(
            'tier',
            name,
            'のポリシーは、tier',
            defaultTier,
            `のポリシーより${isFirst ? '先' : '後'}に判定されます。order は ${rank} です。`,
          ),
      `対象の通信のうち、どのルールでも決まらないものは${isPass ? '次の tier に委ねられます' : '拒否されます'}。`,
    ],
  };
}

function setSentences(set: NetworkSet, world: World): Sentences {
  const { ref, labels, addresses } = set;
  const choosing = world.policiesChoosing(set).map((policy) => refName(policy.ref));
  const marks = [...labels].map(([key, value]) => `${key}=${value}`).sort();
  const holds = (language: Language) => addressesText(addresses, language);
  const where = ref.namespace;
  return {
    en: [
      `Network set ${ref.name}${where === undefined ? '' : ` of namespace ${where}`} stands for ${holds('en')}.`,
      marks.length === 0
        ? 'It has no label of its own.'
        : `Policies choose it by its labels: ${shortListText(marks, mostNames, 'en')}.`,
      ...(choosing.length === 0
        ? []
        : [`Of those given here, ${shortListText(choosing, mostNames, 'en')} may choose it.`]),
    ],
    ja: [
      joinJapanese(
        where === undefined ? '' : `namespace ${where} の`,
        'NetworkSet',
        ref.name,
        'は、',
        holds('ja'),
        'を表します。',
      ),
      marks.length === 0
        ? '自身のラベルはありません。'
        : joinJapanese('ポリシーからはラベルで選択されます:', `${shortListText(marks, mostNames, 'ja')}。`),
      ...(choosing.length === 0
        ? []
        : [
            joinJapanese(
              'ここにあるポリシーでは、',
              shortListText(choosing, mostNames, 'ja'),
              'が選択する可能性があります。',
            ),
          ]),
    ],
  };
}

const nouns = {
  en: { ingress: 'What it accepts', egress: 'What it sends' },
  ja: { ingress: '受信', egress: '送信' },
} as const satisfies { readonly [L in Language]: { readonly [D in Direction]: string } };

function hostSentences(host: HostEndpoint, world: World): Sentences {
  const { ref, node, interfaceName, expectedIPs, profiles } = host;
  const { gates } = HostStates.of(world).of(host);
  const deciding = directions.map((direction) => ({
    direction,
    names: gates[direction].normal.flatMap(({ policies }) => policies.map((policy) => refName(policy.ref))),
  }));
  const isOpen = profiles.includes(defaultAllowProfile);
  const at = (language: Language) => (isNoAddress(expectedIPs) ? '' : `(${addressesText(expectedIPs, language)})`);
  const rest = {
    en:
      profiles.length === 0
        ? 'is dropped'
        : isOpen
          ? 'passes'
          : `is for its profiles to say (${shortListText(profiles, mostNames, 'en')})`,
    ja:
      profiles.length === 0
        ? '破棄されます'
        : isOpen
          ? '通ります'
          : `プロファイル(${shortListText(profiles, mostNames, 'ja')})で決まります`,
  };
  const interfaces = {
    en:
      interfaceName === '*'
        ? 'every interface'
        : interfaceName === undefined
          ? 'the interface'
          : `interface ${interfaceName}`,
    ja:
      interfaceName === '*'
        ? 'すべてのインターフェイス'
        : interfaceName === undefined
          ? 'インターフェイス'
          : `インターフェイス ${interfaceName}`,
  };
  return {
    en: [
      `Host endpoint ${ref.name} puts ${interfaces.en} of node ${node} ${at('en')}`.trimEnd() +
        ' under policy, the failsafe ports aside.',
      ...deciding.map(({ direction, names }) =>
        names.length === 0
          ? `${nouns.en[direction]} is decided by no policy given here, and ${rest.en}.`
          : `${nouns.en[direction]} is decided by ${shortListText(names, mostNames, 'en')}.`,
      ),
    ],
    ja: [
      joinJapanese(
        'HostEndpoint',
        ref.name,
        'により、ノード',
        node,
        'の',
        interfaces.ja,
        at('ja'),
        'にポリシーが適用されます(フェイルセーフポートを除く)。',
      ),
      ...deciding.map(({ direction, names }) =>
        names.length === 0
          ? `${nouns.ja[direction]}を判定するポリシーはここになく、${rest.ja}。`
          : joinJapanese(`${nouns.ja[direction]}は`, shortListText(names, mostNames, 'ja'), 'で判定されます。'),
      ),
    ],
  };
}
