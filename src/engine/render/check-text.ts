import { type CheckedDocument, type Place, summarize } from '../check/report.ts';
import { formatPath } from '../json/path.ts';
import { refName } from '../model/object.ts';
import type { Effect, JudgedFinding, NotChecked } from '../verdict/verdict.ts';
import type { Language } from '../words/language.ts';
import { excerpt, formatExcerpt } from './excerpt.ts';
import { withExpiry } from './expiry.ts';
import { notCheckedText } from './not-checked.ts';
import { plainLine } from './plain.ts';

/** How to colour; each is the identity where there is no colour. */
export interface Paint {
  red(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const words = {
  en: {
    effect: { deny: 'deny', warn: 'warn', audit: 'audit' },
    error: 'error',
    fix: 'Fix',
    notChecked: 'Not checked',
    exempted: 'Exempted by',
    summary: (s: ReturnType<typeof summarize>) =>
      `${count(s.documents, 'document')}: ${s.judged} judged, ${s.denied} denied, ${s.warned} with warnings, ${s.ignored} of other kinds, ${s.errors} unreadable`,
  },
  ja: {
    effect: { deny: '拒否', warn: '警告', audit: '監査' },
    error: 'エラー',
    fix: '修正例',
    notChecked: '未確認',
    exempted: '適用された例外',
    summary: (s: ReturnType<typeof summarize>) =>
      `${s.documents} 件のドキュメント: 判定 ${s.judged}、拒否 ${s.denied}、警告あり ${s.warned}、対象外の種類 ${s.ignored}、読み取り不可 ${s.errors}`,
  },
} as const;

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** For a person at a terminal: every finding with its place, the line as it is written, why it matters, a way out. */
export function checkText(documents: readonly CheckedDocument[], language: Language, paint: Paint): string {
  const blocks = documents.flatMap((one) => documentBlocks(one, language, paint));
  return [...blocks, `${words[language].summary(summarize(documents))}\n`].join('\n');
}

function documentBlocks(one: CheckedDocument, language: Language, paint: Paint): string[] {
  if (one.kind === 'error') {
    const { line, column, message } = one.error;
    const head = `${paint.red(words[language].error)} ${one.source.file}:${line}:${column}`;
    return [`${[head, `  ${plainLine(message)}`, ...shown(one, { line, column }, paint)].join('\n')}\n`];
  }
  if (one.kind === 'ignored') return [];
  const { verdict } = one;
  const blocks = verdict.findings.map((finding) => findingBlock(finding, one.place, refName(one.ref), language, paint));
  const notes: string[] = [];
  if (verdict.exemptions.length > 0) notes.push(`${words[language].exempted}: ${verdict.exemptions.join(', ')}`);
  if (verdict.notChecked.length > 0)
    notes.push(`${words[language].notChecked}: ${notChecked(verdict.notChecked, language)}`);
  if (notes.length > 0)
    blocks.push(
      paint.dim(
        `${one.place.source.file}:${one.place.source.line} ${refName(one.ref)}\n${notes.map((note) => `  ${note}\n`).join('')}`,
      ),
    );
  return blocks;
}

function notChecked(all: readonly NotChecked[], language: Language): string {
  return all
    .map((one) => `${one.guardrail === '*' ? '' : `${one.guardrail}: `}${notCheckedText(one.reason, language)}`)
    .join('; ');
}

function findingBlock(finding: JudgedFinding, place: Place, name: string, language: Language, paint: Paint): string {
  const { line, column } = place.locate(finding.path);
  const { message, why } = finding.say(language);
  const colour: Readonly<Record<Effect, (text: string) => string>> = {
    deny: paint.red,
    warn: paint.yellow,
    audit: paint.dim,
  };
  const lines = [
    `${colour[finding.effect](words[language].effect[finding.effect])} ${place.source.file}:${line}:${column} ${paint.bold(plainLine(name))} [${finding.guardrail}/${finding.key}]`,
    `  ${plainLine(withExpiry(message, finding, language))}`,
    `  ${paint.dim(plainLine(formatPath(finding.path)))}`,
  ];
  lines.push(...shown(place, { line, column }, paint));
  lines.push(`  ${plainLine(why)}`);
  if (finding.fix !== null) lines.push(`  ${words[language].fix}: ${plainLine(finding.fix)}`);
  return `${lines.join('\n')}\n`;
}

/** The line as it is written, with a caret; nothing where there is no such line. */
function shown(
  from: Pick<Place, 'lineText'>,
  at: { readonly line: number; readonly column: number },
  paint: Paint,
): string[] {
  const found = excerpt(from, at);
  return found === undefined ? [] : [paint.dim(formatExcerpt(found))];
}
