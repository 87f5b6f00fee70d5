import { type Breadth, broadIn, type Limits, limitIn } from '../breadth/broad.ts';
import { EveryoneOfToday } from '../breadth/everyone-of-today.ts';
import { countIn, type Family } from '../breadth/measure.ts';
import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { refName } from '../model/object.ts';
import type { Direction, Policy } from '../model/policy.ts';
import { isNoAddress, someAddress } from '../sets/addresses.ts';
import { noTraffic, type Traffic } from '../sets/traffic.ts';
import { countText } from '../words/count.ts';
import { shortListText } from '../words/list.ts';
import { alsoAt } from '../words/places.ts';
import type { CheckContext } from './context.ts';
import { defineGuardrail, type Found, key } from './define.ts';
import { openTraffic, type OpenPort, readDirections, readOpenPorts, readPrefixes } from './settings.ts';
import { flowWitness } from './witness.ts';

interface Broad {
  readonly direction: Direction;
  readonly families: readonly Family[];
  /** Addresses in the set, as a plain number with separators; empty where it is not about addresses. */
  readonly count: string;
  readonly limit: string;
  /** Namespaces of today; 0 where the World knows none. */
  readonly namespaces: number;
  /** Other policies that, with this one, make the set. */
  readonly together: readonly string[];
  /** Other places in this object that do the same. */
  readonly also: readonly FieldPath[];
}

const verbEn = (direction: Direction) => (direction === 'ingress' ? 'may connect' : 'may be connected to');
const verbJa = (direction: Direction) => (direction === 'ingress' ? 'から接続できます' : 'へ接続できます');

const tailEn = ({ together, also }: Broad) =>
  (together.length === 0 ? '' : `, together with ${shortListText(together, 3, 'en')}`) + alsoAt(also, 'en');
const tailJa = ({ together, also }: Broad) =>
  (together.length === 0 ? '' : `(${shortListText(together, 3, 'ja')} と合わせて)`) + alsoAt(also, 'ja');

const todayEn = (namespaces: number) => (namespaces === 0 ? '' : `, ${countText(namespaces)} today`);
const todayJa = (namespaces: number) => (namespaces === 0 ? '' : `(現在 ${countText(namespaces)} 個)`);

const allEn: Readonly<Record<Family, string>> = {
  IPv4: 'all 4,294,967,296 IPv4 addresses',
  IPv6: 'every IPv6 address',
};
const allJa: Readonly<Record<Family, string>> = {
  IPv4: '4,294,967,296 個すべての IPv4 アドレス',
  IPv6: 'すべての IPv6 アドレス',
};

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
    directions: { type: 'directions', description: 'The directions that are measured.', default: ['Ingress', 'Egress'] },
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
  }),
  keys: {
    everyone: key<Broad>({
      when: {
        en: 'Every address of both families and every pod of every namespace is let through.',
        ja: '両方のアドレスファミリーの全アドレスと、すべての namespace の全 Pod を許可する場合。',
      },
      en: (broad) => ({
        message: `everyone ${verbEn(broad.direction)}: every address and every pod of every namespace${tailEn(broad)}`,
        why:
          broad.direction === 'ingress'
            ? 'Whatever runs in the cluster or can reach it gets to these pods.'
            : 'Whoever takes over one of these pods can reach the internet, the cloud metadata address and every other pod.',
      }),
      ja: (broad) => ({
        message: `すべてのアドレスと、すべての namespace のすべての Pod ${verbJa(broad.direction)}${tailJa(broad)}`,
        why:
          broad.direction === 'ingress'
            ? 'クラスターの内外を問わず、誰でもこれらの Pod に到達できます。'
            : 'これらの Pod が一つでも乗っ取られると、インターネット、クラウドのメタデータ、他のすべての Pod に到達されます。',
      }),
    }),
    'every-address': key<Broad>({
      coveredBy: ['everyone'],
      when: {
        en: 'All addresses of IPv4, or all of IPv6, are let through, in any number of pieces.',
        ja: 'IPv4 または IPv6 の全アドレスを、いくつに分けて書いたとしても、許可する場合。',
      },
      en: (broad) => ({
        message: `${broad.families.map((f) => allEn[f]).join(' and ')} ${verbEn(broad.direction)}${tailEn(broad)}`,
        why: 'However the ranges are cut, together they leave no address of the family out.',
      }),
      ja: (broad) => ({
        message: `${broad.families.map((f) => allJa[f]).join('と')}${verbJa(broad.direction)}${tailJa(broad)}`,
        why: '範囲をどのように分けて書いても、合わせるとそのアドレスファミリーのすべてになります。',
      }),
    }),
    'every-namespace': key<Broad>({
      coveredBy: ['everyone'],
      when: {
        en: 'Every pod of every namespace is let through, by any selector.',
        ja: 'どのようなセレクターであれ、すべての namespace の全 Pod を許可する場合。',
      },
      en: (broad) => ({
        message: `every pod of every namespace${todayEn(broad.namespaces)}, ${verbEn(broad.direction)}${tailEn(broad)}`,
        why: 'A new namespace with a new pod in it, neither with any label, would be let through at once.',
      }),
      ja: (broad) => ({
        message: `すべての namespace${todayJa(broad.namespaces)}のすべての Pod ${verbJa(broad.direction)}${tailJa(broad)}`,
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
        message: `${broad.count} ${broad.families.join(' and ')} addresses ${verbEn(broad.direction)}; at most ${broad.limit} may${tailEn(broad)}`,
        why: 'Public addresses count over all rules together; a few holes do not make a range narrow.',
      }),
      ja: (broad) => ({
        message: `${broad.count} 個の ${broad.families.join('と')} アドレス${verbJa(broad.direction)}。上限は ${broad.limit} 個です${tailJa(broad)}`,
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
        why: 'The selector looks narrow, but all pods there are carry what it asks for.',
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
        message: `one rule covers ${broad.count} ${broad.families.join(' and ')} addresses that ${verbEn(broad.direction)}`,
        why: `More than ${broad.limit} addresses in one rule are seldom all meant.`,
      }),
      ja: (broad) => ({
        message: `一つのルールで ${broad.count} 個の ${broad.families.join('と')} アドレス${verbJa(broad.direction)}`,
        why: `一つのルールで ${broad.limit} 個を超えるアドレスが必要なことは、ほとんどありません。`,
      }),
    }),
    'metadata-address': key<Broad>({
      mode: 'warn',
      coveredBy: ['everyone', 'every-address', 'every-namespace', 'too-many-addresses', 'everyone-of-today', 'wide-range'],
      when: {
        en: 'Egress reaches the cloud metadata address by a range wider than that address.',
        ja: 'メタデータアドレスより広い範囲の指定により、送信がそのアドレスに到達する場合。',
      },
      en: () => ({
        message: 'the cloud metadata address can be reached',
        why: '169.254.169.254 and fd00:ec2::254 hand out node credentials on most clouds.',
      }),
      ja: () => ({
        message: 'クラウドのメタデータアドレスに到達できます',
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
        message: `a broad range ${verbEn(broad.direction)}, on ports that are commonly left open${tailEn(broad)}`,
        why: 'Name servers anywhere can carry data out; naming the cluster DNS is enough for most pods.',
      }),
      ja: (broad) => ({
        message: `一般に開放されることの多いポートで、広い範囲${verbJa(broad.direction)}${tailJa(broad)}`,
        why: '任意の DNS サーバーへの通信は、データの持ち出しに使われることがあります。通常はクラスターの DNS だけで足ります。',
      }),
    }),
  },
  check: (context, settings, report) => {
    const { policy } = context;
    if (policy === undefined || context.change.operation === 'DELETE') return;
    for (const direction of settings.directions) {
      const limits = { ...settings, openTraffic: openTraffic(settings.openPorts, direction) };
      const answer = broadIn(context, policy, direction, limits);
      if (answer === 'unknown') report.notChecked('work-cap');
      else for (const breadth of answer) report.found(breadth.key, finding(context, policy, direction, limits, breadth));
    }
  },
});

function finding(context: CheckContext, policy: Policy, direction: Direction, limits: Limits, breadth: Breadth): Found<Broad> {
  const { opening, families } = breadth;
  const prefixes = breadth.key === 'wide-range' ? limits.warnAddresses : limits.maxAddresses;
  const [family] = families;
  const count = families.reduce((sum, one) => sum + countIn(opening.addresses, one), 0n);
  const { far, traffic } = evidence(breadth);
  return {
    path: breadth.path,
    args: {
      direction,
      families,
      count: countText(count),
      limit: family === undefined ? '' : countText(limitIn(prefixes, family)),
      namespaces: context.after.namespaceCount,
      together: breadth.together.map((other) => refName(other.ref)),
      also: breadth.also,
    },
    fix: fixFor(breadth, direction),
    witness: flowWitness(policy, direction, far, traffic, context.after),
    set: {
      direction,
      subject: policy.subject.endpoints,
      addresses: opening.addresses,
      endpoints: opening.endpoints,
    },
  };
}

/** Somebody of the set, with the traffic that the very rule opens which lets them through. */
function evidence({ key, own }: Breadth): { readonly far: string; readonly traffic: Traffic } {
  const parts = key === 'every-namespace' || key === 'everyone-of-today' ? [] : own.filter((part) => !isNoAddress(part.addresses));
  const [part] = parts.length > 0 ? parts : own.filter((one) => one.endpoints.length > 0);
  return { far: (part === undefined ? undefined : someAddress(part.addresses)) ?? 'any-namespace/any-pod', traffic: part?.rule.traffic ?? noTraffic };
}

function fixFor(breadth: Breadth, direction: Direction): string {
  const field = direction === 'ingress' ? 'from' : 'to';
  switch (breadth.key) {
    case 'every-address':
    case 'too-many-addresses':
    case 'wide-range':
    case 'metadata-address':
      return `${field}: [{ipBlock: {cidr: 203.0.113.0/24}}]`;
    case 'every-namespace':
      return `${field}: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}}]`;
    case 'dns-anywhere':
      return `${field}: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]`;
    default:
      return `${field}: [{podSelector: {matchLabels: {app: CLIENT}}}]`;
  }
}
