import { countText } from '../words/count.ts';
import { listText } from '../words/list.ts';
import type { Clause, Side, Step } from './outline.ts';
import type { Phrasebook, Position, Subject } from './phrasebook.ts';

/** The words of one direction. */
interface Voice {
  readonly preposition: 'from' | 'to';
  readonly verb: string;
  /** With a singular subject. */
  readonly verbs: string;
  readonly refuse: string;
  readonly refuses: string;
  readonly unrestricted: string;
}

const incoming: Voice = {
  preposition: 'from',
  verb: 'accept',
  verbs: 'accepts',
  refuse: 'refuse',
  refuses: 'refuses',
  unrestricted: 'What they accept is not restricted.',
};

const outgoing: Voice = {
  preposition: 'to',
  verb: 'may send',
  verbs: 'may send',
  refuse: 'may not send',
  refuses: 'may not send',
  unrestricted: 'What they send is not restricted.',
};

export const english: Phrasebook = {
  space: ' ',
  staged: 'This policy is staged: nothing of it is enforced, and if it were, it would mean the following.',
  voided: 'Calico refuses this policy for the mistake below: as it is, nothing of it is enforced.',
  position,
  governsUntold: 'The selector of this policy is too complex to be worked out, so nothing is told of whom it governs.',
  governsNobody: 'No pod can match the selector of this policy, so it governs nothing.',
  restrictsNothing: (field) => `This policy restricts nothing: its ${field} list neither Ingress nor Egress.`,
  behaviour,
  typeOff: (direction, field) =>
    `Its ${direction} rules have no effect: ${field} does not list ${direction === 'ingress' ? 'Ingress' : 'Egress'}.`,
  matchedByNobody: (paths, more) =>
    `Nobody can match ${listText(more === 0 ? paths : [...paths, `${countText(more)} more`], 'en')}.`,
  problem: (path, message) => `Problem at ${path}: ${message}.`,
  moreProblems: (count) => `There are ${countText(count)} more problems.`,
};

function behaviour(subject: Subject, ingress: Side, egress: Side): readonly string[] {
  const name = subject.text.charAt(0).toUpperCase() + subject.text.slice(1);
  const { singular } = subject;
  const shut = (side: Side) => side.state === 'nothing' && side.rest === 'denied' && side.steps.length === 0;
  if (shut(ingress) && shut(egress)) {
    const accept = singular ? 'accepts' : 'accept';
    return [`${name} ${accept} nothing and may send nothing, except what other policies allow.`];
  }
  const pronoun = singular ? 'it' : 'they';
  const first = ingress.state !== 'unrestricted';
  return [
    ...(first ? [sentence(name, pronoun, ingress, incoming, singular)] : []),
    ...(egress.state === 'unrestricted'
      ? []
      : [sentence(first ? capital(pronoun) : name, pronoun, egress, outgoing, singular)]),
    ...[ingress.state === 'unrestricted' ? incoming : [], egress.state === 'unrestricted' ? outgoing : []]
      .flat()
      .map(({ unrestricted }) => (singular ? unrestricted.replace(/they (\w+)/, 'it $1s') : unrestricted)),
  ];
}

const stages = {
  untracked:
    'It decides about traffic of hosts only, before connections are tracked, so answers need rules of their own.',
  'pre-dnat': 'It decides about traffic of hosts only, before destinations are translated, node ports included.',
  normal: 'It also decides about traffic that hosts forward.',
} as const;

function position({ tier, order, stage, applyOnForward, hosts }: Position): readonly string[] {
  const rank = Number.isFinite(order) ? `with order ${order}` : 'behind all that have an order';
  return [
    `It stands in tier ${tier}, ${rank}.`,
    ...(stage !== 'normal' || (applyOnForward && hosts) ? [stages[stage]] : []),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sentence(name: string, pronoun: string, side: Side, voice: Voice, singular: boolean): string {
  const verb = singular ? voice.verbs : voice.verb;
  if (side.state === 'everything') return `${name} ${verb} everything ${voice.preposition} everyone.`;
  if (side.state === 'nothing' && side.steps.length === 0) {
    if (side.rest === 'passed') return `${name} ${verb} what the next tier allows, for no rule decides.`;
    if (side.rest === 'elsewhere') return `${name} ${verb} what other policies allow, for no rule decides.`;
    return `${name} ${verb} nothing, except what other policies allow.`;
  }
  const steps = side.steps.map((step) => stepText(step, voice, singular));
  const rest = {
    denied: `${pronoun} ${verb} nothing${side.state === 'some' || decidesMore(side) ? ' else' : ''}`,
    passed: 'the rest is left to the next tier',
    elsewhere: 'the rest is left to other policies',
  }[side.rest];
  return `${name} ${steps.length > 1 ? 'first ' : ''}${steps.join(', then ')}; ${rest}.`;
}

/** Whether something is handed on, so that what is left is something else. */
function decidesMore({ steps }: Side): boolean {
  return steps.some(({ action }) => action === 'pass');
}

function stepText({ action, clauses, more }: Step, voice: Voice, singular: boolean): string {
  const texts = clauses.map((clause) => clauseText(clause, voice));
  const list = clauseList(more === 0 ? texts : [...texts, `${countText(more)} more kinds of traffic`]);
  switch (action) {
    case 'allow':
      return `${singular ? voice.verbs : voice.verb} ${list}`;
    case 'deny':
      return voice.refuse === outgoing.refuse
        ? `${voice.refuse} ${list.replace(/^everything to/, 'anything to').replace(/ to everyone$/, ' to anyone')}`
        : `${singular ? voice.refuses : voice.refuse} ${list}`;
    case 'pass':
      return `${singular ? 'leaves' : 'leave'} ${list} to the next tier`;
    case 'log':
      return `${singular ? 'logs' : 'log'} ${list}`;
  }
}

/** Clauses have lists of their own inside, so the last one stands apart. */
function clauseList(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join('');
  return `${texts.slice(0, -1).join(', ')}, and ${texts.at(-1) ?? ''}`;
}

function clauseText({ traffic, note, peers, more }: Clause, { preposition }: Voice): string {
  const items = more === 0 ? peers : [...peers, `${countText(more)} more`];
  const whom = items.map((peer) => `${preposition} ${peer}`);
  return `${traffic}${traffic.includes(', and ') ? ',' : ''} ${listText(whom, 'en')}${note}`;
}
