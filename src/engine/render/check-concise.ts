import type { CheckedDocument } from '../check/report.ts';
import type { Language } from '../words/language.ts';
import { withExpiry } from './expiry.ts';
import { plainLine } from './plain.ts';

/** One line a finding, as compilers write them: `file:line:column: effect: guardrail/key: message`. */
export function checkConcise(documents: readonly CheckedDocument[], language: Language): string {
  return documents
    .map((one) =>
      lines(one, language)
        .map((line) => `${plainLine(line)}\n`)
        .join(''),
    )
    .join('');
}

function lines(one: CheckedDocument, language: Language): string[] {
  if (one.kind === 'error')
    return [`${one.source.file}:${one.error.line}:${one.error.column}: error: ${one.error.message}`];
  if (one.kind === 'ignored') return [];
  return one.verdict.findings.map((finding) => {
    const { line, column } = one.place.locate(finding.path);
    const message = withExpiry(finding.say(language).message, finding, language);
    return `${one.place.source.file}:${line}:${column}: ${finding.effect}: ${finding.guardrail}/${finding.key}: ${message}`;
  });
}
