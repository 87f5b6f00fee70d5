import { isObject } from '../json/read.ts';
import type { Problem } from '../model/policy.ts';
import { plainLine, valueText } from '../render/plain.ts';
import { joinJapanese } from '../words/japanese.ts';
import type { Language } from '../words/language.ts';
import { selectorText } from '../words/selector.ts';
import { expectedEn, expectedJa, reasonOf, wholeMessage } from '../words/syntax.ts';

/** A problem of a policy in one line, without its path and without a full stop. */
export function problemText(problem: Problem, language: Language): string {
  const value = shown(problem) ?? '';
  const { reason, stopped } = problem;
  const said =
    wholeMessage(reasonOf(problem), value, language) ??
    (stopped === undefined ? undefined : selectorText(reason, stopped, language));
  if (said !== undefined) return plainLine(said);
  return plainLine(language === 'ja' ? japanese(problem) : english(problem));
}

function english(problem: Problem): string {
  const value = shown(problem) ?? 'the value';
  switch (problem.key) {
    case 'unknown-field':
      return `this field is not known and would be dropped; known are ${problem.reason}`;
    case 'bad-name':
      return `${value} is no name that goes here: ${expectedEn(reasonOf(problem))}`;
    case 'unsupported':
      return `this part is not judged: ${expectedEn(problem.reason)}`;
    case 'bad-protocol':
      if (!problem.reason.includes(', ')) return `${value} does not go here: ${expectedEn(reasonOf(problem))}`;
      return `${value} is not a protocol here; write one of ${problem.reason}`;
    default:
      return problem.mild
        ? `${value} is not what it looks like: ${expectedEn(reasonOf(problem))}`
        : `${value} cannot be read: ${expectedEn(reasonOf(problem))}`;
  }
}

function japanese(problem: Problem): string {
  const value = shown(problem) ?? '値';
  switch (problem.key) {
    case 'unknown-field':
      return `このフィールドは使えず、無視されます。使えるのは ${problem.reason} です`;
    case 'bad-name':
      return joinJapanese(value, `は名前として使えません: ${expectedJa(reasonOf(problem))}`);
    case 'unsupported':
      return joinJapanese('この部分は判定されません:', expectedJa(problem.reason));
    case 'bad-protocol':
      if (!problem.reason.includes(', ')) {
        return joinJapanese(value, `はここでは使えません: ${expectedJa(reasonOf(problem))}`);
      }
      return joinJapanese(value, `はプロトコルとして使えません。${problem.reason} のいずれかを書いてください`);
    default:
      return joinJapanese(value, problem.mild ? 'は見た目と意味が異なります: ' : 'を解釈できません: ').concat(
        expectedJa(reasonOf(problem)),
      );
  }
}

/** Lists and objects are best looked at where they stand. */
function shown({ value }: Problem): string | undefined {
  return value === null || isObject(value) || Array.isArray(value) ? undefined : valueText(value, 40);
}
