import { formatPath } from '../json/path.ts';
import { endpointKind } from '../model/attributes.ts';
import { isVoided, type Policy } from '../model/policy.ts';
import { World } from '../model/world.ts';
import { cut, plainLine } from '../render/plain.ts';
import { labelIn, overlapBoxes } from '../sets/labels.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import type { Language } from '../words/language.ts';
import { subjectText } from '../words/subject.ts';
import { english } from './english.ts';
import { japanese } from './japanese.ts';
import { idlePaths, isUnsatisfiable, type Limits, sideOf, type Telling } from './outline.ts';
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
export function policyText(policy: Policy, language: Language, world: World = World.empty('none')): string {
  let text = '';
  for (const limit of limits) {
    text = plainLine(sentencesOf(policy, { limits: limit, language, world }).join(languages[language].space));
    if ([...text].length <= mostCharacters) return text;
  }
  return cut(text, mostCharacters);
}

function sentencesOf(policy: Policy, telling: Telling): readonly string[] {
  const { language } = telling;
  const say = languages[language];
  return [
    ...(policy.enforced ? [] : [say.staged]),
    ...behaviour(policy, telling),
    ...(isVoided(policy) ? [] : [...place(policy, say), ...deadRules(policy, say), ...idle(policy, say)]),
    ...problems(policy, say, language),
  ];
}

function behaviour(policy: Policy, telling: Telling): readonly string[] {
  const { language } = telling;
  const say = languages[language];
  if (isVoided(policy)) return [say.voided];
  if (policy.subject.unsure === true) return [say.governsUntold];
  if (isUnsatisfiable(policy)) return [say.governsNobody];
  const { ingress, egress } = policy;
  if (!ingress.applies && !egress.applies) return [say.restrictsNothing(typesField(policy))];
  const text = subjectText(policy, language);
  const subject = { text, singular: text.startsWith('every ') && !text.includes(' and every ') };
  return say.behaviour(subject, sideOf(policy, ingress, telling), sideOf(policy, egress, telling));
}

/** Kubernetes has no tiers and no orders of its own. */
function place(policy: Policy, say: Phrasebook): readonly string[] {
  if (!isWrittenAsCalico(policy.ref) || policy.ref.kind === 'Profile' || isUnsatisfiable(policy)) return [];
  const { tier, order, stage, applyOnForward } = policy;
  const hosts = policy.subject.endpoints.some((box) => overlapBoxes(box, hostEndpoints));
  return say.position({ tier, order, stage, applyOnForward, hosts });
}

const hostEndpoints = labelIn(endpointKind, ['HostEndpoint']);

function deadRules(policy: Policy, say: Phrasebook): readonly string[] {
  if (isUnsatisfiable(policy)) return [];
  return [policy.ingress, policy.egress]
    .filter((list) => !list.applies && list.rules.length > 0)
    .map((list) => say.typeOff(list.direction, typesField(policy)));
}

/** Kubernetes and Calico name the list of directions differently. */
function typesField({ ref }: Policy): string {
  return isWrittenAsCalico(ref) ? 'types' : 'policyTypes';
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
