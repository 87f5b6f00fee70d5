import { type FieldPath, formatPath } from '../../json/path.ts';
import { nameLabel, serviceAccountLabelOf, serviceAccountName } from '../../model/attributes.ts';
import { admitsKind, namespacePart, podPart } from '../../model/box-parts.ts';
import { refName } from '../../model/object.ts';
import type { Earlier } from '../../reach/unreachable.ts';
import type { LabelBox } from '../../sets/labels.ts';
import { isEveryValue } from '../../sets/values.ts';
import { boxesText } from '../../words/box.ts';
import { countText } from '../../words/count.ts';
import { joinJapanese } from '../../words/japanese.ts';
import { labelledText } from '../../words/labels.ts';
import type { Language } from '../../words/language.ts';
import { shortListText } from '../../words/list.ts';
import type { DeadReason } from '../dead/parts.ts';
import type { Unmet } from '../dead/unmet-today.ts';
import type { Words } from '../define.ts';

/** Why nothing can match. */
export const nothingText: Readonly<Record<DeadReason, { readonly [L in Language]: string }>> = {
  selector: {
    en: 'nothing can ever match this selector: its conditions exclude each other',
    ja: '条件が互いに矛盾しているため、このセレクターに一致するものはありえません',
  },
  addresses: {
    en: 'no address is left: the exceptions take all of the range away',
    ja: '除外により範囲のすべてが取り除かれ、アドレスが一つも残りません',
  },
  'named-ports': {
    en: 'nothing can match: this rule leads to addresses only, and only pods have named ports',
    ja: '宛先がアドレスだけのルールのため、Pod にしかない名前付きポートに一致する通信はありません',
  },
  traffic: {
    en: 'no traffic is left for this rule to match: what it asks for and what it leaves out are the same',
    ja: '指定した通信がすべて除外されており、このルールに一致する通信が残りません',
  },
  'own-side': {
    en: 'nothing can match: the rule asks for pods that this policy does not select',
    ja: 'このポリシーが選択しない Pod を対象としているため、一致する通信はありません',
  },
  ports: {
    en: 'no port is left for this rule to match',
    ja: 'このルールに一致するポートが一つも残りません',
  },
};

/** What keeps packets from a rule. */
export function earlierText(earlier: Earlier, language: Language): string {
  const en = language === 'en';
  switch (earlier.by) {
    case 'rule': {
      const path = formatPath(earlier.rule.path);
      if (earlier.rule.path.at(-1) === 0) return en ? `${path} decides` : path;
      return en ? `the rules up to ${path} decide` : `${path} までのルール`;
    }
    case 'policy': {
      const name = refName(earlier.ref);
      return en
        ? `policy ${name} of tier ${earlier.tier} decides`
        : joinJapanese('tier', earlier.tier, 'のポリシー', name);
    }
    case 'tier':
      return en ? `tier ${earlier.tier} decides` : joinJapanese('tier', earlier.tier);
  }
}

/** A selector that finds nobody of today, and what may have been meant. */
export interface NobodyToday {
  readonly unmet: Unmet;
  readonly ownNamespace: string | undefined;
  readonly nearest: { readonly label: string; readonly count: number | undefined } | undefined;
  readonly also: readonly FieldPath[];
}

/** `are no pods app=web of this namespace`, `is no namespace shop`; in Japanese what there is none of. */
export function nobodyText({ unmet, ownNamespace }: NobodyToday, language: Language): string {
  if (unmet.role === 'profile')
    return language === 'ja'
      ? 'このプロファイルを参照する HostEndpoint'
      : 'is no host endpoint that names this profile';
  if (unmet.today.answer === 'no-pod') {
    const ofPods = unmet.boxes.filter((box) => admitsKind(box, 'Pod'));
    const [other] = unmet.boxes;
    if (ofPods.length === 0 && other !== undefined) {
      const { conditions } = podPart(other);
      return language === 'ja'
        ? labelledText('NetworkSet や HostEndpoint', conditions, 'ja')
        : `are no ${labelledText('network sets or host endpoints', conditions, 'en')}`;
    }
    const pods = podsText(ofPods, ownNamespace, language);
    return language === 'ja' ? pods : `are no ${pods}`;
  }
  const [box] = unmet.boxes;
  const conditions = box === undefined ? [] : namespacePart(box).conditions;
  const [only] = conditions;
  if (conditions.length === 1 && only?.key === nameLabel && only.values.kind === 'only') {
    const names = shortListText(only.values.values, 3, language);
    return language === 'ja' ? joinJapanese('namespace', names) : `is no namespace ${names}`;
  }
  return language === 'ja'
    ? labelledText('namespace', conditions, 'ja')
    : `are no ${labelledText('namespaces', conditions, 'en')}`;
}

/** Of pods of every namespace no place is said: that there are none "of every namespace" would be read as some are somewhere. */
function podsText(boxes: readonly LabelBox[], ownNamespace: string | undefined, language: Language): string {
  const [only, ...others] = boxes;
  if (only === undefined || others.length > 0) return boxesText(boxes, ownNamespace, language);
  const { conditions } = podPart(only);
  const isAnywhere = namespacePart(only).conditions.every(
    ({ key, values }) => key === nameLabel && isEveryValue(values),
  );
  const hasAccount = conditions.some(
    ({ key }) => key === serviceAccountName || serviceAccountLabelOf(key) !== undefined,
  );
  if (!isAnywhere || hasAccount) return boxesText(boxes, ownNamespace, language);
  return labelledText(language === 'ja' ? 'Pod' : 'pods', conditions, language);
}

/** `; the nearest label is app=web (4 pods)`. Empty where there is none near. */
export function nearestText({ nearest, unmet }: NobodyToday, language: Language): string {
  if (nearest === undefined) return '';
  const { label, count } = nearest;
  const ofPods = unmet.today.answer === 'no-pod';
  if (count === undefined)
    return language === 'ja' ? `。近いラベルは ${label} です` : `; the nearest label is ${label}`;
  if (language === 'ja') return `。近いラベルは ${label}(${ofPods ? 'Pod' : 'namespace'} ${countText(count)} 個)です`;
  const noun = `${ofPods ? 'pod' : 'namespace'}${count === 1 ? '' : 's'}`;
  return `; the nearest label is ${label} (${countText(count)} ${noun})`;
}

/**
 * - both: two directions are written
 * - closes-ingress: only egress is, and incoming traffic is refused as well
 * - egress-open: egress is an empty list, which without a type is none
 * - calico-differs: Calico counts rules in one installation and looks for lists, be they empty, in another
 * - calico-stored: written past the API, where nobody fills the types in and both directions are governed
 */
export type Undeclared = 'both' | 'closes-ingress' | 'egress-open' | 'calico-differs' | 'calico-stored';

export const undeclaredWords: Readonly<Record<Undeclared, { readonly [L in Language]: Words }>> = {
  'calico-differs': {
    en: {
      message:
        'types is left out beside an empty list of rules, and what is governed then depends on how Calico is installed',
      why: 'Its API server counts rules and passes over an empty list; without one, an empty list counts. Write the types down.',
    },
    ja: {
      message:
        'types がなく、空のルールのリストがあるため、どの方向が対象になるかが Calico の導入方法によって変わります',
      why: 'Calico の API サーバーはルールの数を数え、空のリストを無視しますが、それがない環境では空のリストも数えます。types を明示してください。',
    },
  },
  'calico-stored': {
    en: {
      message: 'types is left out in the stored form, where nobody fills it in: both directions are governed',
      why: 'Through the API, Calico would take the types from the rules. Write them down.',
    },
    ja: {
      message: '保存形式で types がないため、補完されず、両方向が対象になります',
      why: 'API を通せば、Calico がルールから types を補完します。types を明示してください。',
    },
  },
  both: {
    en: {
      message: 'policyTypes is left out, so that both directions are governed only because egress has rules',
      why: 'Taking the last egress rule away would open all outgoing traffic. Write the types down.',
    },
    ja: {
      message: 'policyTypes がないため、egress にルールがある間だけ両方向が対象になります',
      why: 'egress の最後のルールを削除すると、すべての送信が許可されます。タイプを明示してください。',
    },
  },
  'closes-ingress': {
    en: {
      message: 'without policyTypes these pods refuse all incoming traffic as well, not just unlisted outgoing traffic',
      why: 'Ingress is governed by default. Write both types down if that is meant, or [Egress] if it is not.',
    },
    ja: {
      message: 'policyTypes がないため、送信の制限に加えて、これらの Pod へのすべての受信も拒否されます',
      why: '既定では受信も対象になります。意図したとおりなら両方のタイプを、そうでなければ [Egress] だけを書いてください。',
    },
  },
  'egress-open': {
    en: {
      message: 'an empty egress list without policyTypes closes nothing: all outgoing traffic stays open',
      why: 'Without types, egress is governed only where it has a rule. Name Egress in policyTypes to refuse outgoing traffic.',
    },
    ja: {
      message: 'policyTypes がないため、空の egress リストには効果がなく、すべての送信が許可されたままです',
      why: 'タイプを省略すると、egress はルールがある場合だけ対象になります。送信を拒否するには policyTypes に Egress を書いてください。',
    },
  },
};
