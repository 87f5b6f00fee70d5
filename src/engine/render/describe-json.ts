import type { DirectionFacts, EgressFacts, PolicyFacts } from '../describe/describe.ts';
import { problemText } from '../describe/problem-text.ts';
import type { DescribedDocument } from '../describe/report.ts';
import { policyText } from '../describe/sentences.ts';
import { formatPath } from '../json/path.ts';
import { apiVersionOf, type ObjectRef } from '../model/object.ts';
import type { Problem } from '../model/policy.ts';
import type { Language } from '../words/language.ts';

/** The PolicyDescription, one JSON document. Its shape, down to the order of keys, is a promise; text is for people. */
export function describeJson(documents: readonly DescribedDocument[], language: Language): string {
  const surroundings = documents.flatMap((one) =>
    one.kind === 'surrounding' ? [surroundingFields(one, language)] : [],
  );
  const description = {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'PolicyDescription',
    policies: documents.flatMap((one) => (one.kind === 'surrounding' ? [] : [documentFields(one, language)])),
    // Only where there are any, so that a document about policies alone is what it always was.
    ...(surroundings.length > 0 ? { surroundings } : {}),
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

type Of<K extends DescribedDocument['kind']> = Extract<DescribedDocument, { readonly kind: K }>;

function headFields({ source, ref }: DescribedDocument) {
  const { file, document, item, line, column } = source;
  return { source: { file, document, item, line, column }, object: objectFields(ref) };
}

/** What policies stand in, choose or govern. */
function surroundingFields(one: Of<'surrounding'>, language: Language) {
  const problems = one.problems.map((problem) => problemFields(problem, language));
  return { ...headFields(one), text: one.text[language], problems };
}

function documentFields(one: Of<'described' | 'error'>, language: Language) {
  const head = headFields(one);
  if (one.kind === 'described') {
    return { ...head, text: policyText(one.policy, language, one.world), ...factFields(one.facts, language) };
  }
  const { error } = one;
  return { ...head, error: { message: error.message, line: error.line, column: error.column } };
}

function objectFields(ref: ObjectRef | undefined) {
  if (ref === undefined) return null;
  return { apiVersion: apiVersionOf(ref), kind: ref.kind, namespace: ref.namespace ?? null, name: ref.name };
}

function factFields({ subject, enforced, ingress, egress, problems }: PolicyFacts, language: Language) {
  const { everyPod, everyNamespace, hosts } = subject;
  return {
    subject: { everyPod, everyNamespace, hosts },
    enforced,
    ingress: directionFields(ingress),
    egress: egressFields(egress),
    problems: problems.map((problem) => problemFields(problem, language)),
  };
}

function directionFields(facts: DirectionFacts) {
  return {
    applies: facts.applies,
    allowsNothing: facts.allowsNothing,
    allowsEveryone: facts.allowsEveryone,
    allowsEveryoneAnyPort: facts.allowsEveryoneAnyPort,
    allowsEveryAddress: facts.allowsEveryAddress,
    allowsEveryPod: facts.allowsEveryPod,
    allowsAnyPort: facts.allowsAnyPort,
    deniesUnlisted: facts.deniesUnlisted,
  };
}

function egressFields(facts: EgressFacts) {
  return { ...directionFields(facts), blocksDNS: facts.blocksDNS };
}

function problemFields(problem: Problem, language: Language) {
  return { key: problem.key, path: formatPath(problem.path), message: problemText(problem, language) };
}
