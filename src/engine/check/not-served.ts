import type { Language } from '../words/language.ts';
import type { NotServed } from './served-version.ts';

/** What is wrong with an object that no API server would take, and what to write instead, in one sentence. */
export function notServedText(problem: NotServed, language: Language): string {
  const { kind } = problem;
  if (problem.fault === 'no-such-kind') {
    return language === 'ja'
      ? `${problem.apiVersion} に ${kind} という kind はありません。kind: ${problem.meant} と書いてください`
      : `${problem.apiVersion} has no kind ${kind}: write kind: ${problem.meant}`;
  }
  const versions = problem.meant.join(language === 'ja' ? ' または ' : ' or ');
  if (problem.fault === 'no-api-version') {
    return language === 'ja'
      ? `この ${kind} には apiVersion がありません。apiVersion: ${versions} を書いてください`
      : `this ${kind} has no apiVersion: write apiVersion: ${versions}`;
  }
  return language === 'ja'
    ? `${problem.apiVersion} に ${kind} はありません。apiVersion: ${versions} と書いてください`
    : `${problem.apiVersion} has no ${kind}: write apiVersion: ${versions}`;
}
