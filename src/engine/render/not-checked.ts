import type { NotCheckedReason } from '../model/not-checked.ts';
import type { Language } from '../words/language.ts';

const reasons: Readonly<Record<NotCheckedReason, Readonly<Record<Language, string>>>> = {
  'no-namespaces': { en: 'the namespaces and their labels are not known', ja: 'namespace とそのラベルが分かりません' },
  'no-pods': { en: 'the pods of today are not known', ja: '現在の Pod が分かりません' },
  'no-policies': {
    en: 'the other policies of the cluster are not known',
    ja: 'クラスターの他のポリシーが分かりません',
  },
  'no-cluster-facts': {
    en: 'the configuration does not say (spec.cluster)',
    ja: '設定(spec.cluster)に記載がありません',
  },
  'no-felix-configurations': {
    en: 'the other FelixConfigurations of the cluster are not known',
    ja: 'クラスターの他の FelixConfiguration が分かりません',
  },
  'no-network-sets': {
    en: 'the network sets that a selector may choose are not known',
    ja: 'セレクターが選択し得る NetworkSet と GlobalNetworkSet が分かりません',
  },
  'no-services': { en: 'a Service that a rule names is not known', ja: 'ルールが指定する Service が分かりません' },
  'no-tiers': {
    en: 'a tier that a policy names is not known; it is taken to decide last, and to deny what no rule lists',
    ja: 'ポリシーが指定する tier が分かりません。最後に評価され、明示されていない通信を拒否するものとして扱います',
  },
  'work-cap': { en: 'there are too many combinations to be sure', ja: '組み合わせが多すぎて確定できません' },
  'unsupported-field': { en: 'a field is not judged', ja: '判定対象外のフィールドがあります' },
  'unknown-kind': { en: 'this kind is not judged', ja: 'この種類は判定の対象外です' },
  'excluded-namespace': { en: 'the namespace is excluded', ja: 'この namespace は対象から除外されています' },
  'judged-before': {
    en: "it was judged as projectcalico.org/v3, under the name of the user who asked Calico's API server",
    ja: 'Calico の API サーバーに依頼したユーザーの名前で、projectcalico.org/v3 として判定済みです',
  },
  'own-object-of-calico': { en: 'Calico itself maintains this object', ja: 'Calico 自身が管理するオブジェクトです' },
  'unread-policies': {
    en: 'policies, or what they hang on, may not be read, and could make a difference',
    ja: '読み取り権限のないポリシーやその関連オブジェクトにより、結果が変わる可能性があります',
  },
  'stale-world': { en: 'the view of the cluster is out of date', ja: 'クラスターの情報が古くなっています' },
};

/** Why something was not checked, as a clause. */
export function notCheckedText(reason: NotCheckedReason, language: Language): string {
  return reasons[reason][language];
}
