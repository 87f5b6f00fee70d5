import { flowYaml } from '../words/yaml.ts';

/** Characters that a terminal, a header or a reader would act on: controls, format marks, line separators. */
const active = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text as one line that only shows itself. Flux and `kubectl --force` delete the live object when they meet the word
 * "immutable" in a refusal, so it never leaves here, whoever wrote it.
 */
export function plainLine(text: string): string {
  // Nothing printable of ASCII is active, and most lines are nothing else.
  const shown = /^[ -~]*$/.test(text) ? text : withoutActive(text);
  return shown.replace(/immutable/gi, '[...]');
}

function withoutActive(text: string): string {
  return text.replace(active, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Cut to so many characters, with a mark that something is missing. Never splits a character. */
export function cut(text: string, characters: number): string {
  // As many code units are no more characters.
  if (text.length <= characters) return text;
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 3).join('')}...`;
}

/** A value as one would write it in one line of YAML, short. Undefined where it would say nothing, or something dangerous. */
export function valueText(value: unknown, characters = 60): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' && /^[\w./:*-]+$/.test(value) ? value : flowYaml(value);
  return /immutable/i.test(text) ? undefined : plainLine(cut(text, characters));
}

/** Bytes of a text in UTF-8, without encoding it. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
