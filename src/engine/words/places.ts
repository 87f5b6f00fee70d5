import { type FieldPath, formatPath } from '../json/path.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';
import { shortListText } from './list.ts';

const mostPlaces = 2;

/** Where else the same holds, in brackets with a space before: ` (also at spec.egress[1].ports and 3 more)`. Empty for no places. */
export function alsoAt(places: readonly FieldPath[], language: Language): string {
  if (places.length === 0) return '';
  const list = shortListText(places.map(formatPath), mostPlaces, language);
  return language === 'ja' ? `(${joinJapanese(list, 'も同様)')}` : ` (also at ${list})`;
}
