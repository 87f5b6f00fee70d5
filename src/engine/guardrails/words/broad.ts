import type { BroadKey } from '../../breadth/grade.ts';
import type { Family } from '../../breadth/measure.ts';
import type { Direction } from '../../model/policy.ts';
import { amountText, limitText } from '../../words/amount.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { listText, shortListText } from '../../words/list.ts';
import type { Words } from '../define.ts';

export interface Amount {
  readonly family: Family;
  readonly count: bigint;
  readonly limit: bigint;
}

interface Amounts {
  readonly amounts: readonly Amount[];
}

export const amountsText = ({ amounts }: Amounts, language: Language): string =>
  listText(
    amounts.map(({ family, count }) => amountText(family, count, language)),
    language,
  );

export const limitsText = ({ amounts }: Amounts, language: Language): string =>
  listText(
    amounts.map(({ family, limit }) => limitText(family, limit, language)),
    language,
  );

export const verbEn = (direction: Direction): string => (direction === 'ingress' ? 'may connect' : 'may be reached');
export const verbJa = (direction: Direction): string =>
  direction === 'ingress' ? 'から接続できます' : 'へ接続できます';

const all: { readonly [L in Language]: Readonly<Record<Family, string>> } = {
  en: { IPv4: 'all 4,294,967,296 IPv4 addresses', IPv6: 'every IPv6 address' },
  ja: { IPv4: '4,294,967,296 個すべての IPv4 アドレス', IPv6: 'すべての IPv6 アドレス' },
};

/** Every address of the families. */
export function allAddresses(families: readonly Family[], language: Language): string {
  return families.map((family) => all[language][family]).join(language === 'ja' ? 'と' : ' and ');
}

/** What policies come to open through a network set. */
export interface LaunderedSet extends Amounts {
  readonly direction: Direction;
  readonly key: BroadKey;
  readonly families: readonly Family[];
  readonly policies: readonly string[];
}

const mostPolicies = 3;

export function launderedWords(laundered: LaunderedSet, language: Language): Words {
  const { direction, key, policies } = laundered;
  const through = shortListText(policies, mostPolicies, language);
  const limit = limitsText(laundered, language);
  if (language === 'ja') {
    const tail = key === 'too-many-addresses' ? `。上限は ${limit}です` : '';
    return {
      message: `${joinJapanese('ポリシー', through, 'により、', whom(laundered, 'ja'), verbJa(direction))}${tail}`,
      why: 'ポリシー自体は変わりませんが、そのルールのセレクターを通じて許可される範囲が、この変更で広がります。',
    };
  }
  const tail = key === 'too-many-addresses' ? `; at most ${limit} may` : '';
  return {
    message: `${whom(laundered, 'en')} ${verbEn(direction)} through ${policies.length === 1 ? 'policy' : 'policies'} ${through}${tail}`,
    why: 'Nothing changes in the policy, yet what its selectors let through grows with this change.',
  };
}

function whom(laundered: LaunderedSet, language: Language): string {
  switch (laundered.key) {
    case 'everyone':
      return language === 'ja' ? 'すべての相手' : 'everyone';
    case 'every-address':
      return allAddresses(laundered.families, language);
    case 'every-namespace':
      return language === 'ja' ? 'すべての namespace のすべての Pod' : 'every pod of every namespace';
    default:
      return amountsText(laundered, language);
  }
}
