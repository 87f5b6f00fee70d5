import type { Language } from '../words/language.ts';

/** Why a flow is neither certain to pass nor certain to be dropped. Stable codes; the words are chosen when they are shown. */
export type UnknownReason =
  | 'pod-in-block'
  | 'pod-address-unknown'
  | 'node-address-unknown'
  | 'host-network-peer'
  | 'host-network-subject'
  | 'part-of-range'
  | 'pods-differ'
  | 'ports-differ'
  | 'itself-or-another'
  | 'own-node'
  | 'other-protocol'
  | 'host-endpoint'
  | 'host-addresses'
  | 'host-interface'
  | 'several-host-endpoints'
  | 'failsafe-lists'
  | 'endpoint-to-host'
  | 'forwarded'
  | 'profile-unknown'
  | 'service-unknown'
  | 'not-read'
  | 'http-match'
  | 'family-unknown'
  | 'copied-label'
  | 'long-account-name';

const words: { readonly [R in UnknownReason]: { readonly [L in Language]: string } } = {
  'pod-in-block': {
    en: 'enforcers do not agree whether an ipBlock matches a pod that has an address in it',
    ja: 'ipBlock の範囲内のアドレスを持つ Pod に ipBlock が一致するかどうかは、実装によって異なります',
  },
  'pod-address-unknown': {
    en: 'the addresses of the pod are not known, and an ipBlock may hold them',
    ja: 'Pod のアドレスが不明で、ipBlock に含まれる可能性があります',
  },
  'node-address-unknown': {
    en: 'the addresses of a node are not known, and policies may tell them apart',
    ja: 'ノードのアドレスが不明で、ポリシーによって扱いが異なる可能性があります',
  },
  'host-network-peer': {
    en: 'whether a selector matches a pod on the host network is not defined',
    ja: 'ホストネットワークの Pod にセレクターが一致するかどうかは定められていません',
  },
  'host-network-subject': {
    en: 'whether a policy governs a pod on the host network is not defined',
    ja: 'ホストネットワークの Pod にポリシーが適用されるかどうかは定められていません',
  },
  'part-of-range': {
    en: 'a policy tells some of these addresses from the others',
    ja: 'これらのアドレスの一部だけがポリシーの対象です',
  },
  'pods-differ': {
    en: 'the pods under this name differ in labels, ports or addresses, and policies tell them apart',
    ja: 'この名前の Pod はラベル、ポートまたはアドレスが一様でなく、ポリシーによる扱いが異なります',
  },
  'ports-differ': {
    en: 'the destination has several ports of this name, and policies tell them apart',
    ja: '宛先にはこの名前のポートが複数あり、ポリシーによる扱いが異なります',
  },
  'itself-or-another': {
    en: 'a pod always reaches itself, but not every other pod of its workload',
    ja: 'Pod は自分自身には必ず到達できますが、同じワークロードの別の Pod には到達できるとは限りません',
  },
  'own-node': {
    en: 'a node always reaches the pods that run on it, and it is not known which these are',
    ja: 'ノードは自身の上で動く Pod に必ず到達できますが、どの Pod がそのノードで動くかは不明です',
  },
  'other-protocol': {
    en: 'NetworkPolicy leaves ICMP and other protocols than TCP, UDP and SCTP to the enforcer',
    ja: 'TCP、UDP、SCTP 以外のプロトコル(ICMP など)の扱いは NetworkPolicy では定められていません',
  },
  'host-endpoint': {
    en: 'Kubernetes network policy does not govern host endpoints, and nothing else is known of this one',
    ja: 'ホストのエンドポイントは Kubernetes の NetworkPolicy の対象外で、ほかに情報がありません',
  },
  'host-addresses': {
    en: 'the host has several addresses, and policies tell them apart',
    ja: 'ホストには複数のアドレスがあり、ポリシーによる扱いが異なります',
  },
  'host-interface': {
    en: 'host endpoints of the node are known by their addresses alone, and it is not known which interface has them',
    ja: 'ノードの HostEndpoint がアドレスだけで指定されており、どのインターフェイスのものか分かりません',
  },
  'several-host-endpoints': {
    en: 'the node has several host endpoints for this interface, and it is not known which of them counts',
    ja: 'ノードのこのインターフェイスに HostEndpoint が複数あり、どれが使われるか分かりません',
  },
  'failsafe-lists': {
    en: 'it is not known which list of failsafe ports counts on the node',
    ja: 'このノードでどのフェイルセーフポートのリストが使われるか分かりません',
  },
  'endpoint-to-host': {
    en: 'it is not known whether the pod runs on this very node, nor what Calico then does (defaultEndpointToHostAction)',
    ja: 'Pod がこのノードで動いているか、その場合に Calico がどう扱うか (defaultEndpointToHostAction) が分かりません',
  },
  forwarded: {
    en: 'policies of host endpoints decide about what nodes forward, and it is not known which interface the flow passes',
    ja: 'ノードが転送する通信に HostEndpoint のポリシーが適用されますが、どのインターフェイスを通るか分かりません',
  },
  'profile-unknown': {
    en: 'the host endpoint is made a member of a namespace by its profiles or labels, which is not evaluated here',
    ja: 'HostEndpoint がプロファイルまたはラベルによって namespace に属するものとして扱われますが、ここでは評価しません',
  },
  'service-unknown': {
    en: 'a rule names a Service, and which endpoints serve it is not known',
    ja: 'ルールが Service を参照していますが、その Service のエンドポイントが不明です',
  },
  'not-read': {
    en: 'a rule has a condition that is not evaluated here, so it may match less than it seems to',
    ja: 'ルールにここでは評価しない条件があり、見た目より狭い範囲にしか一致しない可能性があります',
  },
  'http-match': {
    en: 'a rule allows certain HTTP requests only, and which these are cannot be told by ports',
    ja: 'ルールは特定の HTTP リクエストだけを許可しており、ポートだけでは判断できません',
  },
  'family-unknown': {
    en: 'whether both ends have an IPv6 address is not known, and policies tell it from IPv4',
    ja: '両端に IPv6 アドレスがあるかどうかが不明で、ポリシーによる扱いが IPv4 と異なります',
  },
  'copied-label': {
    en: 'the pod carries a label pcns. or pcsa. of its own, and whether it or that of its namespace or service account counts is not certain',
    ja: 'Pod 自身に pcns. または pcsa. のラベルがあり、namespace やサービスアカウントのラベルとどちらが使われるか確かではありません',
  },
  'long-account-name': {
    en: 'the name of the service account has 63 characters or more, and Calico does not make a label of it',
    ja: 'サービスアカウントの名前が 63 文字以上のため、Calico はラベルにしません',
  },
};

/** The reasons as one line in plain words. */
export function sayReasons(reasons: readonly UnknownReason[], language: Language): string {
  return reasons.map((reason) => words[reason][language]).join(language === 'ja' ? '。' : '; ');
}

/** Each reason once, in a fixed order. */
export function joinReasons(...lists: readonly (readonly UnknownReason[])[]): readonly UnknownReason[] {
  return [...new Set(lists.flat())].sort();
}
