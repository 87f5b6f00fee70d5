import type { DirectionFacts, EgressFacts } from '../describe/describe.ts';
import type { DescribedDocument } from '../describe/report.ts';
import { policyText } from '../describe/sentences.ts';
import { refName } from '../model/object.ts';
import type { Language } from '../words/language.ts';
import type { Paint } from './check-text.ts';
import { plainLine } from './plain.ts';

const words = {
  en: { error: 'error', none: 'Nothing to describe.' },
  ja: { error: 'エラー', none: '説明するものがありません。' },
} as const satisfies Record<Language, unknown>;

/** The facts that a reader should look up at for, gravest first; the names are those of the JSON form. */
const notable = [
  'allowsEveryoneAnyPort',
  'allowsEveryone',
  'allowsEveryAddress',
  'allowsEveryPod',
  'allowsAnyPort',
] as const satisfies readonly (keyof DirectionFacts)[];

/** For a person at a terminal: each policy with its place, what it means, and the facts that stand out. */
export function describeText(documents: readonly DescribedDocument[], language: Language, paint: Paint): string {
  if (documents.length === 0) return `${words[language].none}\n`;
  return `${documents.map((one) => documentText(one, language, paint)).join('\n\n')}\n`;
}

function documentText(one: DescribedDocument, language: Language, paint: Paint): string {
  if (one.kind === 'error') {
    const { line, column, message } = one.error;
    const place = plainLine(`${one.source.file}:${line}:${column}`);
    return `${paint.red(words[language].error)} ${place}\n  ${plainLine(message)}`;
  }
  const { file, line, column } = one.source;
  const head = `${paint.bold(plainLine(`${one.ref.kind} ${refName(one.ref)}`))} ${paint.dim(plainLine(`${file}:${line}:${column}`))}`;
  if (one.kind === 'surrounding') return `${head}\n  ${plainLine(one.text[language])}`;
  const { ingress, egress } = one.facts;
  const lines = [head, `  ${policyText(one.policy, language, one.world)}`];
  for (const [direction, facts] of [
    ['ingress', notableOf(ingress)],
    ['egress', [...notableOf(egress), ...(egress.blocksDNS ? ['blocksDNS'] : [])]],
  ] as const) {
    if (facts.length > 0) lines.push(`  ${direction}: ${paint.yellow(facts.join(', '))}`);
  }
  return lines.join('\n');
}

function notableOf(facts: DirectionFacts | EgressFacts): readonly string[] {
  return notable.filter((name) => facts[name]);
}
