/**
 * Puts the parts of a Japanese sentence together as it is typeset here: one space where Japanese meets ASCII letters or
 * digits (`namespace shop の Pod`), none beside punctuation or before a bracket. The parts come in trimmed.
 */
export function joinJapanese(...parts: readonly string[]): string {
  let text = '';
  for (const part of parts) {
    if (part === '') continue;
    text += needsSpace(text, part) ? ` ${part}` : part;
  }
  return text;
}

const endsWide = /[\u3005-\u30ff\u3400-\u9fff]$/u;
const endsNarrow = /[!-~]$/;
const startsWide = /^[\u3005-\u30ff\u3400-\u9fff]/u;
const startsNarrow = /^[!-~]/;
const opens = /[([]$/;
const closes = /^[)\],.;:]/;

function needsSpace(before: string, after: string): boolean {
  if (endsWide.test(before)) return startsNarrow.test(after) && !closes.test(after) && !after.startsWith('(');
  if (!endsNarrow.test(before) || opens.test(before)) return false;
  if (startsWide.test(after)) return !before.endsWith(')');
  return startsNarrow.test(after) && !closes.test(after) && !after.startsWith('(');
}
