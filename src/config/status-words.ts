import type { Sentence } from './sentences.ts';

/** Conditions are read in a terminal: of many faults the first few are enough. */
const mostFaults = 5;

export function accepted(): Sentence {
  return { en: 'It can be read.', ja: '読み取れます。' };
}

/** @param inForce the generation that stays in force */
export function invalid(faults: readonly string[], inForce: number | undefined): Sentence {
  const shown = faults.slice(0, mostFaults).join('; ');
  const more = faults.length - mostFaults;
  const [restEn, restJa] = more > 0 ? [`; and ${more} more`, `; ほか ${more} 件`] : ['', ''];
  return inForce === undefined
    ? { en: `${shown}${restEn}. Nothing of it is in force.`, ja: `${shown}${restJa}。どの版も有効ではありません。` }
    : {
        en: `${shown}${restEn}. Generation ${inForce} stays in force.`,
        ja: `${shown}${restJa}。世代 ${inForce} が引き続き有効です。`,
      };
}

export function notInForce(): Sentence {
  return { en: 'No version of it can be used.', ja: '使える版がありません。' };
}

export function inForce(): Sentence {
  return { en: 'It is in force.', ja: '有効です。' };
}

export function lastAccepted(generation: number): Sentence {
  return {
    en: `Generation ${generation} is in force, as the newest cannot be used.`,
    ja: `最新の版は使えないため、世代 ${generation} が有効です。`,
  };
}

export function superseded(by: string): Sentence {
  return {
    en: `GuardrailSet ${by} is older and in force in its place; there is one at a time.`,
    ja: `より古い GuardrailSet ${by} が代わりに有効です。有効な GuardrailSet は常に 1 つです。`,
  };
}

export function expired(at: string): Sentence {
  return { en: `It expired at ${at}.`, ja: `${at} に期限切れとなりました。` };
}

export function notYet(from: string): Sentence {
  return { en: `It is in force from ${from} on.`, ja: `${from} から有効になります。` };
}
