import { formatPath } from '../../json/path.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import { refName } from '../../model/object.ts';
import type { Direction, Policy } from '../../model/policy.ts';
import type { HostFlow } from '../../reach/host/flow-loss.ts';
import type { HostDecider } from '../../reach/host/stages.ts';
import type { DecidingStage } from '../../reach/trace.ts';
import type { AddressSet } from '../../sets/addresses.ts';
import { addressesText } from '../../words/addresses.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { shortListText } from '../../words/list.ts';
import { portsText } from './failsafe.ts';

const mostHosts = 3;

/** `host endpoint node1-eth0 (eth0 of node1)`; of several the names. */
export function hostsText(hosts: readonly HostEndpoint[], language: Language): string {
  const [first, ...others] = hosts;
  const ja = language === 'ja';
  if (first !== undefined && others.length === 0) {
    const { node, interfaceName } = first;
    const where =
      interfaceName === '*'
        ? ja
          ? joinJapanese(node, 'のすべてのインターフェイス')
          : `every interface of ${node}`
        : interfaceName === undefined
          ? node
          : ja
            ? joinJapanese(node, 'の', interfaceName)
            : `${interfaceName} of ${node}`;
    return ja ? `HostEndpoint ${first.ref.name}(${where})` : `host endpoint ${first.ref.name} (${where})`;
  }
  const names = shortListText(hosts.map(({ ref }) => ref.name).sort(), mostHosts, language);
  return ja ? `HostEndpoint ${names}` : `host endpoints ${names}`;
}

const stages: { readonly [S in DecidingStage]: readonly [en: string, ja: string] } = {
  untracked: ['at the untracked stage (doNotTrack)', '接続追跡前の段階(doNotTrack)で'],
  'pre-dnat': ['before DNAT (preDNAT)', 'DNAT 前の段階(preDNAT)で'],
  failsafe: ['by the failsafe ports', 'フェイルセーフポートで'],
  forwarded: ['at the forwarded stage (applyOnForward)', '転送の段階(applyOnForward)で'],
  normal: ['at the normal stage', '通常の段階で'],
  profile: ['by its profiles', 'プロファイルの段階で'],
};

export function stageText(stage: DecidingStage, language: Language): string {
  return stages[stage][language === 'ja' ? 1 : 0];
}

const mostPolicies = 3;

/** Who drops it, as a clause that is complete on its own. */
export function dropperText({ by, stage }: Pick<HostDecider<unknown>, 'by' | 'stage'>, language: Language): string {
  const ja = language === 'ja';
  const at = stageText(stage, language);
  switch (by.kind) {
    case 'rule': {
      const place = `${policyText(by.policy)} ${formatPath(by.rule.path)}`;
      return ja
        ? joinJapanese(at, 'tier', by.tier, 'の', place, 'が拒否します')
        : `${place}, in tier ${by.tier}, denies it ${at}`;
    }
    case 'tier-end': {
      const names = shortListText(by.tier.policies.map(policyText), mostPolicies, language);
      return ja
        ? joinJapanese(at, 'tier', by.tier.name, `のどのルール(${names})にも一致せず、拒否されます`)
        : `no rule of tier ${by.tier.name} (${names}) lists it ${at}, and the tier ends in deny`;
    }
    case 'profile': {
      const place = by.rule === undefined ? by.profile.name : `${by.profile.name} ${formatPath(by.rule.path)}`;
      return ja ? joinJapanese('プロファイル', place, 'が拒否します') : `profile ${place} denies it`;
    }
    case 'missing-profile':
      return ja
        ? joinJapanese('プロファイル', by.profile.name, 'が存在しないため、すべて拒否されます')
        : `profile ${by.profile.name} does not exist, and Calico drops everything in its place`;
    case 'no-connection':
      return ja
        ? 'doNotTrack のどのルールも応答に一致せず、既知の接続に属さない通信として破棄されます'
        : 'no rule of doNotTrack policies takes them, and Calico drops what belongs to no connection that it knows';
    case 'end':
      return ja
        ? 'どのポリシーでも決まらず、許可するプロファイルもありません'
        : 'no policy decides about it, and no profile allows it';
    case 'failsafe':
    case 'not-forwarding':
      return '';
  }
}

function policyText({ ref }: Policy): string {
  return refName(ref);
}

/** `TCP 10250 (kubelet) from 192.0.2.0/24`. */
export function flowsText(
  flows: readonly HostFlow[],
  direction: Direction,
  addresses: AddressSet,
  language: Language,
): string {
  const ports = portsText(flows, language);
  const far = addressesText(addresses, language);
  if (language === 'ja') return joinJapanese(far, direction === 'ingress' ? 'からの' : 'への', ports);
  return `${ports} ${direction === 'ingress' ? 'from' : 'to'} ${far}`;
}

const sides = { ingress: ['inbound', '受信'], egress: ['outbound', '送信'] } as const;

export function directionsText(directions: readonly Direction[], language: Language): string {
  const names = directions.map((direction) => sides[direction][language === 'ja' ? 1 : 0]);
  return names.join(language === 'ja' ? 'と' : ' and ');
}
