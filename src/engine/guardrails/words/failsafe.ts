import type { LostPort } from '../../felix/failsafe-loss.ts';
import type { FailsafeEntry, FailsafeSide } from '../../felix/failsafe-value.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
} from '../../sets/addresses.ts';
import { protocolName } from '../../sets/traffic.ts';
import { addressesText } from '../../words/addresses.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { listText, shortListText } from '../../words/list.ts';
import type { Words } from '../define.ts';

/** What a finding about lost ports says. */
export interface Lost {
  readonly side: FailsafeSide;
  readonly ports: readonly LostPort[];
  /** Where the list comes from that counts instead of the one that goes; undefined where it is the object's own. */
  readonly below: { readonly name: string | undefined } | undefined;
}

/** What the ports of the built-in lists are there for. Source: the table of Calico's failsafe rules. */
const purposes: ReadonlyMap<string, readonly [en: string, ja: string]> = new Map([
  ['TCP 22', ['SSH', 'SSH']],
  ['UDP 53', ['DNS', 'DNS']],
  ['TCP 53', ['DNS', 'DNS']],
  ['UDP 67', ['DHCP', 'DHCP']],
  ['UDP 68', ['DHCP', 'DHCP']],
  ['TCP 179', ['BGP', 'BGP']],
  ['TCP 2379', ['etcd', 'etcd']],
  ['TCP 2380', ['etcd', 'etcd']],
  ['TCP 5473', ['Typha', 'Typha']],
  ['TCP 6443', ['API server', 'API サーバー']],
  ['TCP 10250', ['kubelet', 'kubelet']],
]);

const mostGroups = 8;

/** `TCP 22 (SSH), 2379 and 2380 (etcd), UDP 68 (DHCP)`. */
export function portsText(
  ports: readonly { readonly protocol: number; readonly port: number }[],
  language: Language,
): string {
  const groups = new Map<string, { protocol: string; purpose: string; numbers: string[] }>();
  for (const one of ports) {
    const protocol = protocolName(one.protocol);
    const purpose = purposes.get(`${protocol} ${one.port}`)?.[language === 'ja' ? 1 : 0] ?? '';
    const key = `${protocol} ${purpose}`;
    const known = groups.get(key) ?? { protocol, purpose, numbers: [] };
    known.numbers.push(String(one.port));
    groups.set(key, known);
  }
  let last = '';
  const texts = [...groups.values()].map(({ protocol, purpose, numbers }) => {
    const list = language === 'ja' ? numbers.join('、') : listText(numbers, language);
    const named = protocol === last ? list : `${protocol} ${list}`;
    last = protocol;
    return `${named}${purpose === '' ? '' : language === 'ja' ? `(${purpose})` : ` (${purpose})`}`;
  });
  return shortListText(texts, mostGroups, language);
}

const sides: { readonly [S in FailsafeSide]: readonly [en: string, ja: string] } = {
  inbound: ['inbound', '受信'],
  outbound: ['outbound', '送信'],
};

export function sideText(side: FailsafeSide, language: Language): string {
  return sides[side][language === 'ja' ? 1 : 0];
}

/** `the inbound failsafe list`; where another one counts instead, which one. */
function listEn({ side, below }: Lost): string {
  if (below === undefined) return `the ${sideText(side, 'en')} failsafe list`;
  return below.name === undefined
    ? `the built-in ${sideText(side, 'en')} failsafe list, which then counts,`
    : `the ${sideText(side, 'en')} failsafe list of ${below.name}, which then counts,`;
}

function listJa({ side, below }: Lost): string {
  const list = `${sideText(side, 'ja')}側のフェイルセーフポート`;
  if (below === undefined) return list;
  return below.name === undefined
    ? `代わりに使われる組み込みの${list}`
    : joinJapanese('代わりに使われる', below.name, `の${list}`);
}

const lostEn =
  'These ports stay open whatever the policies say, so that a mistake in one of them can still be repaired. Once a host endpoint exists, only policies keep the lost ones open.';
const lostJa =
  'フェイルセーフポートは、ポリシーの内容にかかわらず開いたままになり、ポリシーを誤っても復旧できるようにするものです。HostEndpoint があるホストでは、外したポートはポリシー次第で閉じられます。';

export function removedWords(lost: Lost, language: Language): Words {
  const ports = portsText(lost.ports, language);
  return language === 'ja'
    ? { message: joinJapanese(`${listJa(lost)}に`, ports, 'がありません'), why: lostJa }
    : { message: `${listEn(lost)} lacks ${ports}`, why: lostEn };
}

export function narrowedWords(lost: Lost, addresses: AddressSet, language: Language): Words {
  const ports = portsText(lost.ports, language);
  const far = farText(addresses, language);
  if (language === 'ja') {
    const to = lost.side === 'inbound' ? 'から' : '宛て';
    return {
      message: joinJapanese(`${listJa(lost)}で、`, far, to, 'の', ports, 'が開いていません'),
      why: lostJa,
    };
  }
  return { message: `${listEn(lost)} does not keep ${ports} open for ${far}`, why: lostEn };
}

/** IPv6 first, as a range of IPv4 with holes would seem to have another hole where IPv6 follows it. */
function farText(addresses: AddressSet, language: Language): string {
  const parts = [intersectAddresses(addresses, everyIPv6), intersectAddresses(addresses, everyIPv4)];
  if (containsAddresses(addresses, everyAddress) || parts.some(isNoAddress)) return addressesText(addresses, language);
  return listText(
    parts.map((part) => addressesText(part, language)),
    language,
  );
}

export interface Unreadable {
  readonly written: string;
  readonly fault: Fault;
  /** How many more entries there are of which the same can be said. */
  readonly more: number;
}

export type Fault = Exclude<FailsafeEntry['reading'], { ok: true }>['fault'] | 'zero';

const faults: { readonly [F in Fault]: readonly [en: string, ja: string] } = {
  protocol: ['the protocol must be tcp or udp', 'プロトコルは tcp か udp でなければなりません'],
  'no-protocol': ['the protocol is missing; write tcp or udp', 'プロトコルがありません。tcp か udp を書いてください'],
  net: ['net must be an address or a CIDR', 'net はアドレスか CIDR でなければなりません'],
  port: ['the port must be a number from 1 to 65535', 'ポートは 1 から 65535 の数でなければなりません'],
  form: [
    'write protocol:port, protocol:net:port or protocol:[IPv6 net]:port',
    'protocol:port、protocol:net:port、protocol:[IPv6 net]:port のいずれかで書いてください',
  ],
  list: ['a list is expected', 'リストが必要です'],
  zero: ['0 is no port', '0 はポートではありません'],
};

const longestEntry = 60;

export function crashWords({ written, fault, more }: Unreadable, language: Language): Words {
  const entry = written.length > longestEntry ? `${written.slice(0, longestEntry)}...` : written;
  const [en, ja] = faults[fault];
  if (language === 'ja') {
    const others = more === 0 ? '' : `。ほかに ${more} 件あります`;
    return fault === 'zero'
      ? {
          message: `${joinJapanese('フェイルセーフポートの', entry, 'は何も開きません')}: ${ja}${others}`,
          why: 'このエントリーで開くポートはありません。開けておきたいポートの番号を書いてください。',
        }
      : {
          message: `${joinJapanese('Felix はフェイルセーフポートの', entry, 'を読めません')}: ${ja}${others}`,
          why: crashJa,
        };
  }
  const others = more === 0 ? '' : `; ${more} more entries are like it`;
  return fault === 'zero'
    ? {
        message: `the failsafe entry ${entry} opens nothing: ${en}${others}`,
        why: 'Such an entry keeps no port open. Write the number of the port that is meant.',
      }
    : { message: `Felix cannot read the failsafe entry ${entry}: ${en}${others}`, why: crashEn };
}

/** What comes of a value that Felix cannot read, where it cannot do without. */
export const crashEn =
  'Nobody checks this value before Felix does. Felix stops at it, and does not come up again on any node that it is for: policies are then no longer kept up to date.';
export const crashJa =
  'この値を事前に検査する仕組みはありません。Felix はこの値で停止し、対象のノードでは起動し直しても立ち上がらず、ポリシーが更新されなくなります。';

export function emptiedWords(lost: Lost, language: Language): Words {
  const ports = portsText(lost.ports, language);
  return language === 'ja'
    ? { message: joinJapanese(`${listJa(lost)}が空になり、`, ports, 'が失われます'), why: emptyJa }
    : { message: `${listEn(lost)} is empty: no ${ports}`, why: emptyEn };
}

const emptyEn =
  'An empty list is not the built-in one: nothing stays open whatever the policies say. Leave the field out for the built-in ports.';
const emptyJa =
  '空のリストは組み込みの既定値とは異なり、ポリシーにかかわらず開いたままのポートが一つもなくなります。既定値を使う場合はフィールドごと省いてください。';

/** How a list is set where it is easily overlooked. */
export interface Hidden {
  readonly side: FailsafeSide;
  readonly how:
    | { readonly kind: 'annotation'; readonly name: string }
    | { readonly kind: 'node'; readonly node: string }
    | { readonly kind: 'selected'; readonly selector: string }
    | { readonly kind: 'unclear' };
}

const annotationEn =
  'Nothing checks an annotation, and it stands before the field of the spec: whoever reads only the spec takes another list for the one that counts.';
const annotationJa =
  'annotation は検査されず、spec のフィールドより優先されます。spec だけを見た人は、実際とは異なるリストが有効だと誤解します。';
const someNodesEn = 'The list of FelixConfiguration default does not count there, whatever is changed in it later.';
const someNodesJa =
  'これらのノードでは、FelixConfiguration default のリストは使われません。後で default を変更しても反映されません。';

export function hiddenWords({ side, how }: Hidden, language: Language): Words {
  const list = sideText(side, language);
  if (language === 'ja') {
    const named = `${list}側のフェイルセーフポート`;
    switch (how.kind) {
      case 'annotation':
        return { message: `${named}が annotation で設定されています`, why: annotationJa };
      case 'node':
        return { message: joinJapanese(`${named}がノード`, how.node, 'だけに設定されています'), why: someNodesJa };
      case 'selected':
        return {
          message: joinJapanese(`${named}が、セレクター`, how.selector, 'のノードだけに設定されています'),
          why: someNodesJa,
        };
      case 'unclear':
        return { message: `${named}が設定されていますが、対象のノードが分かりません`, why: someNodesJa };
    }
  }
  const named = `the ${list} failsafe list`;
  switch (how.kind) {
    case 'annotation':
      return { message: `${named} is set by an annotation`, why: annotationEn };
    case 'node':
      return { message: `${named} is set for node ${how.node} alone`, why: someNodesEn };
    case 'selected':
      return { message: `${named} is set only for nodes ${how.selector}`, why: someNodesEn };
    case 'unclear':
      return { message: `${named} is set, and nothing says for which nodes`, why: someNodesEn };
  }
}

export interface Old {
  readonly side: FailsafeSide;
  readonly ports: readonly { readonly protocol: number; readonly port: number }[];
}

export function oldWords({ side, ports }: Old, language: Language): Words {
  const text = portsText(ports, language);
  return language === 'ja'
    ? {
        message: joinJapanese(
          text,
          `が、${sideText(side, 'ja')}側のフェイルセーフポートとして全アドレスに開いています`,
        ),
        why: '古い構成の etcd だけが使っていたポートです。使っていなければ、リストから外してください。',
      }
    : {
        message: `the ${sideText(side, 'en')} failsafe list keeps ${text} open for every address`,
        why: 'Only etcd of old installations used them. Take them out where nothing listens there any more.',
      };
}
