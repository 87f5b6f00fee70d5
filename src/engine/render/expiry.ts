import type { JudgedFinding } from '../verdict/verdict.ts';
import type { Language } from '../words/language.ts';

/** A message, and, where an exemption would have covered the finding until a while ago, that it has run out. */
export function withExpiry(message: string, finding: JudgedFinding, language: Language): string {
  return `${message}${expiryNote(finding, language)}`;
}

/** That alone, in brackets, to be put right behind something; empty where no exemption has run out. */
export function expiryNote(finding: JudgedFinding, language: Language): string {
  if (finding.expired === undefined) return '';
  const { exemption, on } = finding.expired;
  return language === 'ja' ? `(例外 ${exemption} は ${on} に期限切れ)` : ` (exemption ${exemption} expired on ${on})`;
}
