import { countText } from './count.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';

/** `a`, `a and b`, `a, b and c`; in Japanese `a`, `a と b`, `a、b、c`. */
export function listText(items: readonly string[], language: Language): string {
  if (language === 'ja') {
    const [first, second] = items;
    return items.length === 2 ? joinJapanese(first ?? '', 'と', second ?? '') : items.join('、');
  }
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/**
 * A list that ends after `most` items with the number of those left out: `a, b, c and 5 more`. One item too many is not
 * worth the words.
 */
export function shortListText(items: readonly string[], most: number, language: Language): string {
  if (items.length <= most + 1) return listText(items, language);
  const shown = items.slice(0, most);
  const left = countText(items.length - most);
  return language === 'ja'
    ? joinJapanese(shown.join('、'), `など、ほか ${left} 件`)
    : `${shown.join(', ')} and ${left} more`;
}
