import type { Language } from '../guardrails/define.ts';
import { formatPath } from '../json/path.ts';
import type { Policy } from '../model/policy.ts';
import { cut, plainLine } from '../render/plain.ts';
import { subjectText } from '../words/subject.ts';
import { english } from './english.ts';
import { japanese } from './japanese.ts';
import { idlePaths, isUnsatisfiable, type Limits, sideOf } from './outline.ts';
import type { Phrasebook } from './phrasebook.ts';
import { problemText } from './problem-text.ts';

const languages: { readonly [L in Language]: Phrasebook } = { en: english, ja: japanese };

/** Said in full first, then with ever fewer items of each list until it fits. */
const limits: readonly Limits[] = [
  { clauses: 5, peers: 5 },
  { clauses: 3, peers: 3 },
  { clauses: 2, peers: 2 },
  { clauses: 1, peers: 1 },
];

const mostCharacters = 1500;
const mostPaths = 3;
const mostProblems = 3;

/** What a policy means, in sentences that can be read aloud. One line of up to 1,500 characters, without control characters. */
export function policyText(policy: Policy, language: Language): string {
  let text = '';
  for (const limit of limits) {
    text = plainLine(sentencesOf(policy, limit, language).join(languages[language].space));
    if ([...text].length <= mostCharacters) return text;
  }
  return cut(text, mostCharacters);
}

function sentencesOf(policy: Policy, limit: Limits, language: Language): readonly string[] {
  const say = languages[language];
  return [
    ...(policy.enforced ? [] : [say.staged]),
    ...behaviour(policy, limit, language),
    ...deadRules(policy, say),
    ...idle(policy, say),
    ...problems(policy, say, language),
  ];
}

function behaviour(policy: Policy, limit: Limits, language: Language): readonly string[] {
  const say = languages[language];
  if (isUnsatisfiable(policy)) return [say.governsNobody];
  const { ingress, egress } = policy;
  if (!ingress.applies && !egress.applies) return [say.restrictsNothing(typesField(policy))];
  const text = subjectText(policy, language);
  const subject = { text, singular: text.startsWith('every ') && !text.includes(' and every ') };
  return say.behaviour(subject, sideOf(policy, ingress, limit, language), sideOf(policy, egress, limit, language));
}

function deadRules(policy: Policy, say: Phrasebook): readonly string[] {
  if (isUnsatisfiable(policy)) return [];
  return [policy.ingress, policy.egress]
    .filter((list) => !list.applies && list.rules.length > 0)
    .map((list) => say.typeOff(list.direction, typesField(policy)));
}

/** Kubernetes and Calico name the list of directions differently. */
function typesField({ ref }: Policy): string {
  return ref.group === 'networking.k8s.io' ? 'policyTypes' : 'types';
}

function idle(policy: Policy, say: Phrasebook): readonly string[] {
  const paths = idlePaths(policy).map(formatPath);
  return paths.length === 0
    ? []
    : [say.matchedByNobody(paths.slice(0, mostPaths), Math.max(0, paths.length - mostPaths))];
}

function problems(policy: Policy, say: Phrasebook, language: Language): readonly string[] {
  const found = policy.problems;
  const said = found.length <= mostProblems + 1 ? found : found.slice(0, mostProblems);
  const texts = said.map((problem) => say.problem(formatPath(problem.path), problemText(problem, language)));
  return said.length === found.length ? texts : [...texts, say.moreProblems(found.length - said.length)];
}
