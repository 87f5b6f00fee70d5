import { type CheckedDocument, summarize } from '../check/report.ts';
import { formatPath } from '../json/path.ts';
import { apiVersionOf, type ObjectRef } from '../model/object.ts';
import type { JudgedFinding } from '../verdict/verdict.ts';
import type { Language } from '../words/language.ts';
import { withExpiry } from './expiry.ts';
import { plainLine } from './plain.ts';

/** The CheckReport, one JSON document. Its shape is a promise. */
export function checkJson(documents: readonly CheckedDocument[], language: Language): string {
  const report = {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'CheckReport',
    summary: summarize(documents),
    documents: documents.map((one) => documentJson(one, language)),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function documentJson(one: CheckedDocument, language: Language) {
  if (one.kind === 'error') {
    return {
      source: one.source,
      object: null,
      operation: null,
      verdict: 'error',
      error: one.error,
      findings: [],
      notChecked: [],
      exemptions: [],
    };
  }
  const head = { source: one.place.source, object: objectJson(one.ref), operation: one.operation };
  if (one.kind === 'ignored') return { ...head, verdict: 'ignored', findings: [], notChecked: [], exemptions: [] };
  const { verdict } = one;
  return {
    ...head,
    verdict: verdict.allowed ? 'allow' : 'deny',
    findings: verdict.findings.map((finding) => findingJson(finding, one, language)),
    notChecked: verdict.notChecked,
    exemptions: verdict.exemptions,
  };
}

function objectJson(ref: ObjectRef) {
  return { apiVersion: apiVersionOf(ref), kind: ref.kind, namespace: ref.namespace ?? null, name: ref.name };
}

function findingJson(finding: JudgedFinding, one: Extract<CheckedDocument, { kind: 'judged' }>, language: Language) {
  const { line, column } = one.place.locate(finding.path);
  const { message, why } = finding.say(language);
  return {
    guardrail: finding.guardrail,
    key: finding.key,
    effect: finding.effect,
    path: formatPath(finding.path),
    line,
    column,
    message: plainLine(withExpiry(message, finding, language)),
    why: plainLine(why),
    fix: finding.fix,
    witness: finding.witness,
  };
}
