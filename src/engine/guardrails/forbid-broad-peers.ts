import { type Breadth, broadIn, type Limits, limitIn, metadataAddresses } from '../breadth/broad.ts';
import { EveryoneOfToday } from '../breadth/everyone-of-today.ts';
import { type Laundered, launderedIn } from '../breadth/laundered.ts';
import { countIn, type Family } from '../breadth/measure.ts';
import { type Opening, type OpenPart, opening } from '../breadth/opening.ts';
import { Openings } from '../breadth/openings.ts';
import { setChange } from '../breadth/set-change.ts';
import { type FieldPath, formatPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import type { CheckContext } from '../model/check-context.ts';
import { refName } from '../model/object.ts';
import type { Direction, Policy } from '../model/policy.ts';
import { intersectAddresses, isNoAddress, someAddress } from '../sets/addresses.ts';
import { intersectTraffic, noTraffic, type Traffic, unionAllTraffic } from '../sets/traffic.ts';
import { aboveText } from '../words/amount.ts';
import { countText } from '../words/count.ts';
import { farEndYaml } from '../words/far-end-yaml.ts';
import { joinJapanese } from '../words/japanese.ts';
import { listText, shortListText } from '../words/list.ts';
import { alsoAt } from '../words/places.ts';
import { trafficText } from '../words/traffic.ts';
import { type Whom, whomText } from '../words/whom.ts';
import { defineGuardrail, type Found, key } from './define.ts';
import { type OpenPort, openTraffic, readDirections, readOpenPorts, readPrefixes } from './settings.ts';
import { flowWitness } from './witness.ts';
import {
  type Amount,
  allAddresses,
  amountsText,
  type LaunderedSet,
  launderedWords,
  limitsText,
  verbEn,
  verbJa,
} from './words/broad.ts';

interface Broad {
  readonly direction: Direction;
  readonly families: readonly Family[];
  /** How many addresses are in the set, and how many may be; empty where it is not about addresses. */
  readonly amounts: readonly Amount[];
  /** Whether no single block holds the whole family. */
  readonly inPieces: boolean;
  /** The metadata addresses in the set. */
  readonly metadata: readonly string[];
  /** Whom the ports that may stand open are open to, and which. */
  readonly whom: Whom;
  readonly traffic: Traffic;
  readonly ownNamespace: string | undefined;
  /** Whether it is let through before any other policy of a host is asked. */
  readonly early: boolean;
  /** Namespaces of today; 0 where the World knows none. */
  readonly namespaces: number;
  /** Other policies that, with this one, make the set. */
  readonly together: readonly string[];
  /** Other places in this object that do the same. */
  readonly also: readonly FieldPath[];
}

const togetherEn = ({ together }: Broad) =>
  together.length === 0 ? '' : `, together with ${shortListText(together, 3, 'en')}`;
const togetherJa = ({ together }: Broad) =>
  together.length === 0 ? '' : `(${shortListText(together, 3, 'ja')} と合わせて)`;
const tailEn = (broad: Broad) => togetherEn(broad) + alsoAt(broad.also, 'en');
const tailJa = (broad: Broad) => togetherJa(broad) + alsoAt(broad.also, 'ja');

const todayEn = (namespaces: number) => (namespaces === 0 ? '' : `, ${countText(namespaces)} today,`);
const todayJa = (namespaces: number) => (namespaces === 0 ? '' : `(現在 ${countText(namespaces)} 個)`);

/** Names are resolved over UDP and TCP 53, by servers that few policies name. */
const dnsOut: readonly OpenPort[] = [
  { direction: 'egress', protocol: 17, port: 53 },
  { direction: 'egress', protocol: 6, port: 53 },
];

/** Measured on the set of whom a policy lets through, however it is spelled and over however many rules and policies. */
export const forbidBroadPeers = defineGuardrail({
  name: 'forbid-broad-peers',
  mode: 'enforce',
  summary: {
    en: 'No policy lets in, or out to, everyone, every namespace, or more public addresses than allowed.',
    ja: 'すべての相手、すべての namespace、または許容数を超えるパブリックアドレスとの通信を許可しないこと。',
  },
  settings: {
    directions: {
      type: 'directions',
      description: 'The directions that are measured.',
      default: ['Ingress', 'Egress'],
    },
    maxAddresses: {
      type: 'prefixes',
      description: 'The largest block of public addresses that a policy may open.',
      default: { ipv4: '/8', ipv6: '/32' },
    },
    warnAddresses: {
      type: 'prefixes',
      description: 'The largest block of addresses, public or not, that one rule may open without a warning.',
      default: { ipv4: '/16', ipv6: '/48' },
    },
    openPorts: {
      type: 'openPorts',
      description: 'Ports that may be open broadly; a peer that is broad on these alone only warns.',
      default: [
        { direction: 'Egress', protocol: 'UDP', port: 53 },
        { direction: 'Egress', protocol: 'TCP', port: 53 },
      ],
    },
  },
  readSettings: (settings) => ({
    directions: readDirections(field(settings, 'directions')),
    maxAddresses: readPrefixes(field(settings, 'maxAddresses'), { ipv4: 8, ipv6: 32 }),
    warnAddresses: readPrefixes(field(settings, 'warnAddresses'), { ipv4: 16, ipv6: 48 }),
    openPorts: readOpenPorts(field(settings, 'openPorts'), dnsOut),
    everyoneOfToday: new EveryoneOfToday(),
    openings: new Openings(),
  }),
  keys: {
    everyone: key<Broad>({
      when: {
        en: 'Every address of both families and every pod of every namespace is let through.',
        ja: '両方のアドレスファミリーの全アドレスと、すべての namespace の全 Pod を許可する場合。',
      },
      en: (broad) => ({
        message: `everyone ${verbEn(broad.direction)}: every address and every pod of every namespace${tailEn(broad)}`,
        why: broad.early
          ? 'What is let through at this stage of a host passes by every other policy of it.'
          : broad.direction === 'ingress'
            ? 'Whatever runs in the cluster or can reach it gets to these pods.'
            : 'Whoever takes over one of these pods can reach the internet, the cloud metadata address and every other pod.',
      }),
      ja: (broad) => ({
        message: `すべてのアドレスと、すべての namespace のすべての Pod ${verbJa(broad.direction)}${tailJa(broad)}`,
        why: broad.early
          ? 'ホストのこの段階で許可された通信は、そのホストの他のポリシーで判定されません。'
          : broad.direction === 'ingress'
            ? 'クラスターの内外を問わず、誰でもこれらの Pod に到達できます。'
            : 'これらの Pod が一つでも乗っ取られると、インターネット、クラウドのメタデータアドレス、他のすべての Pod に到達されます。',
      }),
    }),
    'every-address': key<Broad>({
      coveredBy: ['everyone'],
      when: {
        en: 'All addresses of IPv4, or all of IPv6, are let through, in any number of pieces.',
        ja: 'IPv4 または IPv6 の全アドレスを、いくつに分けて書いたとしても、許可する場合。',
      },
      en: (broad) => ({
        message: `${allAddresses(broad.families, 'en')} ${verbEn(broad.direction)}${tailEn(broad)}`,
        why: broad.inPieces
          ? 'However the ranges are cut, together they leave no address of the family out.'
          : `No address of ${broad.families.length === 1 ? 'that' : 'either'} family is left out.`,
      }),
      ja: (broad) => ({
        message: `${allAddresses(broad.families, 'ja')}${verbJa(broad.direction)}${tailJa(broad)}`,
        why: broad.inPieces
          ? '範囲をどのように分けて書いても、合わせるとそのアドレスファミリーのすべてになります。'
          : broad.families.length === 1
            ? 'そのアドレスファミリーのすべてが含まれます。'
            : '両方のアドレスファミリーのすべてが含まれます。',
      }),
    }),
    'every-namespace': key<Broad>({
      coveredBy: ['everyone'],
      when: {
        en: 'Every pod of every namespace is let through, by any selector.',
        ja: 'どのようなセレクターであれ、すべての namespace の全 Pod を許可する場合。',
      },
      en: (broad) => ({
        message: `every pod of every namespace${todayEn(broad.namespaces)} ${verbEn(broad.direction)}${tailEn(broad)}`,
        why: 'A new namespace with a new pod in it, neither with any label, would be let through at once.',
      }),
      ja: (broad) => ({
        message: `${joinJapanese('すべての namespace', todayJa(broad.namespaces), 'のすべての Pod')} ${verbJa(broad.direction)}${tailJa(broad)}`,
        why: 'ラベルのない新しい namespace に作られたラベルのない Pod も、すぐに通信できてしまいます。',
      }),
    }),
    'too-many-addresses': key<Broad>({
      coveredBy: ['everyone', 'every-address', 'every-namespace'],
      when: {
        en: 'More public addresses than the setting, or a longer run of addresses that holds a public one, are let through.',
        ja: '設定を超える数のパブリックアドレス、またはそれを含む設定より長い連続した範囲を許可する場合。',
      },
      en: (broad) => ({
        message: `${amountsText(broad, 'en')} ${verbEn(broad.direction)}${togetherEn(broad)}; at most ${limitsText(broad, 'en')} may${alsoAt(broad.also, 'en')}`,
        why: 'Public addresses count over all rules together; a few holes do not make a range narrow.',
      }),
      ja: (broad) => ({
        message: `${amountsText(broad, 'ja')}${verbJa(broad.direction)}${togetherJa(broad)}。上限は ${limitsText(broad, 'ja')}です${alsoAt(broad.also, 'ja')}`,
        why: 'パブリックアドレスはすべてのルールを合わせて数えます。一部を除外しても、範囲が狭いことにはなりません。',
      }),
    }),
    'everyone-of-today': key<Broad>({
      mode: 'warn',
      coveredBy: ['everyone', 'every-address', 'every-namespace', 'too-many-addresses'],
      when: {
        en: 'A selector that is not everything selects every pod of every guarded namespace that exists now.',
        ja: 'すべてを意味しないはずのセレクターが、対象の namespace に現在あるすべての Pod を選択する場合。',
      },
      en: (broad) => ({
        message: `every pod that exists today in any guarded namespace ${verbEn(broad.direction)}${tailEn(broad)}`,
        why: 'The selector looks narrow, yet every pod of today matches it.',
      }),
      ja: (broad) => ({
        message: `対象の namespace に現在あるすべての Pod ${verbJa(broad.direction)}${tailJa(broad)}`,
        why: 'セレクターは限定的に見えますが、現在のすべての Pod が条件に当てはまります。',
      }),
    }),
    'wide-range': key<Broad>({
      mode: 'warn',
      coveredBy: ['everyone', 'every-address', 'every-namespace', 'too-many-addresses', 'everyone-of-today'],
      when: {
        en: 'One rule holds more addresses than the warning limit, public or not.',
        ja: '一つのルールに、警告の上限を超える数のアドレスが含まれる場合。',
      },
      en: (broad) => ({
        message:
          broad.direction === 'ingress'
            ? `one rule lets ${amountsText(broad, 'en')} connect`
            : `one rule lets these pods reach ${amountsText(broad, 'en')}`,
        why: `One rule is seldom meant for ${broad.amounts.map(({ family, limit }) => aboveText(family, limit, 'en')).join(', or ')}.`,
      }),
      ja: (broad) => ({
        message: `${joinJapanese('一つのルールで', amountsText(broad, 'ja'))}${verbJa(broad.direction)}`,
        why: `${joinJapanese(
          '一つのルールで',
          listText(
            broad.amounts.map(({ family, limit }) => aboveText(family, limit, 'ja')),
            'ja',
          ),
        )}が必要なことは、ほとんどありません。`,
      }),
    }),
    'metadata-address': key<Broad>({
      mode: 'warn',
      coveredBy: [
        'everyone',
        'every-address',
        'every-namespace',
        'too-many-addresses',
        'everyone-of-today',
        'wide-range',
      ],
      when: {
        en: 'Egress reaches the cloud metadata address by a range wider than that address.',
        ja: 'メタデータアドレスより広い範囲の指定により、送信がそのアドレスに到達する場合。',
      },
      en: ({ metadata }) => ({
        message: `${metadata.join(' and ')}, the cloud metadata address, can be reached`,
        why: '169.254.169.254 and fd00:ec2::254 hand out node credentials on most clouds.',
      }),
      ja: ({ metadata }) => ({
        message: joinJapanese('クラウドのメタデータアドレス', listText(metadata, 'ja'), 'に到達できます'),
        why: '多くのクラウドでは 169.254.169.254 や fd00:ec2::254 からノードの認証情報を取得できます。',
      }),
    }),
    'dns-anywhere': key<Broad>({
      mode: 'warn',
      coveredBy: ['everyone', 'every-address', 'every-namespace', 'too-many-addresses'],
      when: {
        en: 'A broad peer, but only on the ports that may stand open.',
        ja: '広い相手への許可が、開放してよいポートだけに限られている場合。',
      },
      en: (broad) => ({
        message: `${whomText(broad.whom, broad.ownNamespace, 'en')} ${verbEn(broad.direction)} on ${trafficText(broad.traffic, 'en')}${tailEn(broad)}`,
        why: 'Name servers anywhere can carry data out; naming the cluster DNS is enough for most pods.',
      }),
      ja: (broad) => ({
        message: `${joinJapanese(whomText(broad.whom, broad.ownNamespace, 'ja'), broad.direction === 'ingress' ? 'から' : 'の', trafficText(broad.traffic, 'ja'), 'に接続できます')}${tailJa(broad)}`,
        why: '任意の DNS サーバーへの通信は、データの持ち出しに使われることがあります。通常はクラスターの DNS だけで足ります。',
      }),
    }),
    'laundered-set': key<LaunderedSet>({
      when: {
        en: 'A change of a network set, or of the labels that it is known by, makes a policy that chooses it broad by the measures above.',
        ja: 'NetworkSet や GlobalNetworkSet の変更、またはそのラベルの変更により、それを選択するポリシーが上記の基準で広くなる場合。',
      },
      en: (laundered) => launderedWords(laundered, 'en'),
      ja: (laundered) => launderedWords(laundered, 'ja'),
    }),
  },
  check: (context, settings, report) => {
    const { policy } = context;
    const sets = setChange(context);
    if (sets !== undefined) {
      for (const direction of settings.directions) {
        const measures = { ...settings, openTraffic: openTraffic(settings.openPorts, direction) };
        const { found, complete } = launderedIn(context, sets, direction, measures);
        if (!complete) report.notChecked('work-cap');
        if (found !== undefined) report.found('laundered-set', launderedFinding(direction, measures, found));
      }
      return;
    }
    if (policy === undefined || context.change.operation === 'DELETE') return;
    for (const direction of settings.directions) {
      const limits = { ...settings, openTraffic: openTraffic(settings.openPorts, direction) };
      const { found, doubts } = broadIn(context, policy, direction, limits);
      for (const doubt of doubts) report.notChecked(doubt);
      for (const breadth of found) report.found(breadth.key, finding(context, policy, direction, limits, breadth));
    }
  },
});

function launderedFinding(
  direction: Direction,
  limits: Limits,
  { path, grade, opening, policies, staged }: Laundered,
): Found<LaunderedSet> {
  return {
    path,
    args: {
      direction,
      key: grade.key,
      families: grade.families,
      amounts: amountsOf(grade.families, opening, limits.maxAddresses),
      policies: policies.map(({ ref }) => refName(ref)),
    },
    // Only where a single network is to blame is there one to write instead.
    fix: path.length === 3 ? 'nets: [203.0.113.0/24]' : undefined,
    ...(staged ? { atMost: 'warn' as const } : {}),
  };
}

function amountsOf(families: readonly Family[], set: Opening, prefixes: Limits['maxAddresses']): readonly Amount[] {
  return families.map((family) => ({
    family,
    count: countIn(set.addresses, family),
    limit: limitIn(prefixes, family),
  }));
}

function finding(
  context: CheckContext,
  policy: Policy,
  direction: Direction,
  limits: Limits,
  breadth: Breadth,
): Found<Broad> {
  const { families } = breadth;
  const set = breadth.opening;
  const prefixes = breadth.key === 'wide-range' ? limits.warnAddresses : limits.maxAddresses;
  const culprits = culpritsOf(breadth);
  const { far, traffic } = evidence(breadth);
  return {
    path: breadth.path,
    args: {
      direction,
      families,
      amounts: amountsOf(families, set, prefixes),
      inPieces: breadth.together.length > 0 || culprits.length === 0,
      metadata: metadataAddresses
        .filter((address) => !isNoAddress(intersectAddresses(set.addresses, address)))
        .flatMap((address) => someAddress(address) ?? []),
      whom: opening(culprits.length > 0 ? culprits : breadth.own),
      traffic: openOn(culprits.length > 0 ? culprits : breadth.own, limits.openTraffic),
      ownNamespace: policy.ref.namespace,
      early: policy.stage !== 'normal',
      namespaces: context.after.namespaceCount,
      together: breadth.together.map((other) => refName(other.ref)),
      also: breadth.also,
    },
    fix: fixFor(policy, breadth, direction),
    atMost: breadth.atMost,
    witness: flowWitness(policy, direction, far, traffic, context.after),
    set: {
      direction,
      subject: policy.subject.endpoints,
      addresses: breadth.ownOpening.addresses,
      endpoints: breadth.ownOpening.endpoints,
      // Open DNS is no licence to open everything else to the same peers.
      ...(breadth.key === 'dns-anywhere' ? { traffic: limits.openTraffic } : {}),
    },
  };
}

/** The parts that are as broad by themselves; none where they are so only together. */
function culpritsOf({ own, path, also }: Breadth): readonly OpenPart[] {
  const places = new Set([path, ...also].map(formatPath));
  return own.filter((part) => places.has(formatPath(part.peer.path)));
}

function openOn(parts: readonly OpenPart[], openTraffic: Traffic): Traffic {
  return intersectTraffic(unionAllTraffic(parts.map(({ traffic }) => traffic)), openTraffic);
}

/** Somebody of the set, with the traffic that the very rule opens which lets them through. */
function evidence({ key, own }: Breadth): { readonly far: string; readonly traffic: Traffic } {
  const parts =
    key === 'every-namespace' || key === 'everyone-of-today' ? [] : own.filter((part) => !isNoAddress(part.addresses));
  const [part] = parts.length > 0 ? parts : own.filter((one) => one.endpoints.length > 0);
  return {
    far: (part === undefined ? undefined : someAddress(part.addresses)) ?? 'any-namespace/any-pod',
    traffic: part?.traffic ?? noTraffic,
  };
}

function fixFor(policy: Policy, breadth: Breadth, direction: Direction): string {
  const block = isOnlyIPv6(breadth) ? '2001:db8::/64' : '203.0.113.0/24';
  const peer = direction === 'ingress' ? 'CLIENT' : 'SERVER';
  switch (breadth.key) {
    case 'every-address':
    case 'too-many-addresses':
    case 'wide-range':
    case 'metadata-address':
      return farEndYaml(policy.ref, direction, { block });
    case 'every-namespace':
      return farEndYaml(policy.ref, direction, { namespace: 'NAMESPACE' });
    case 'dns-anywhere':
      return farEndYaml(policy.ref, direction, { namespace: 'kube-system', label: ['k8s-app', 'kube-dns'] });
    default:
      return farEndYaml(policy.ref, direction, { label: ['app', peer] });
  }
}

function isOnlyIPv6({ opening: { addresses } }: Breadth): boolean {
  return countIn(addresses, 'IPv4') === 0n && countIn(addresses, 'IPv6') > 0n;
}
