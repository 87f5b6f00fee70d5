import { notServedText } from '../engine/check/not-served.ts';
import { notServed } from '../engine/check/served-version.ts';
import type { Language } from '../engine/words/language.ts';
import type { Entry } from './documents.ts';

/** The entry, or why no API server would take it for what it plainly is. */
export function served(entry: Entry, language: Language): Entry {
  const found = entry.kind === 'document' ? notServed(entry.value) : undefined;
  if (found === undefined || entry.kind !== 'document') return entry;
  const { line, column } = entry.locate(found.path);
  const error = { message: notServedText(found.problem, language), line, column };
  return { kind: 'unreadable', source: entry.source, error, lineText: entry.lineText };
}
