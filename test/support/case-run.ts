import { loadEntries } from '../../src/config/load.ts';
import { placed, plan } from '../../src/engine/check/changes.ts';
import { type CheckedDocument, summarize } from '../../src/engine/check/report.ts';
import { isJudged } from '../../src/engine/dialects/resources.ts';
import type { Guardrail } from '../../src/engine/guardrails/define.ts';
import type { GuardrailSet } from '../../src/engine/guardrails/guardrail-set.ts';
import { formatPath } from '../../src/engine/json/path.ts';
import { asList, asString, dig, stringMap } from '../../src/engine/json/read.ts';
import { judge } from '../../src/engine/judge.ts';
import type { Change } from '../../src/engine/model/change.ts';
import { refName } from '../../src/engine/model/object.ts';
import type { World } from '../../src/engine/model/world.ts';
import { prober } from '../../src/engine/reach/probe.ts';
import { renderResponse } from '../../src/engine/render/admission.ts';
import { checkText, type Paint } from '../../src/engine/render/check-text.ts';
import type { Verdict } from '../../src/engine/verdict/verdict.ts';
import type { Language } from '../../src/engine/words/language.ts';
import type { CaseFile, Expected } from './case-file.ts';

export const languages: readonly Language[] = ['en', 'ja'];

/** What came of one object of a case. */
export interface Judged {
  /** As a heading: `create shop/web`. */
  readonly what: string;
  /** Undefined for an object of a kind that is not judged. */
  readonly verdict: Verdict | undefined;
  readonly answer: Expected;
  /** What a client of the API server would see, by language. */
  readonly admission: Readonly<Record<Language, Admission>> | undefined;
  /** Findings whose witness is no flow of the world that the change makes, or one that it was to have cut off. */
  readonly falseWitnesses: readonly string[];
}

export interface Admission {
  readonly message: string | undefined;
  readonly warnings: readonly string[];
  readonly annotations: ReadonlyMap<string, string>;
}

export interface Outcome {
  readonly judged: readonly Judged[];
  /** What `sekisho check --format text` prints without colour. */
  readonly checkText: Readonly<Record<Language, string>>;
}

const noColour: Paint = { red: (text) => text, yellow: (text) => text, dim: (text) => text, bold: (text) => text };

/** Judges a case as `sekisho check` does, and says it as the webhook and the command line do. */
export function runCase(one: CaseFile, registry: readonly Guardrail[]): Outcome {
  const set = guardrailSetOf(one, registry);
  const place = (document: CaseFile['given'][number]) => placed(document.value, document, one.namespace);
  const planned = plan(one.world.map(place), one.given.map(place), { remove: one.remove, user: one.user });
  const documents: CheckedDocument[] = [];
  const judged: Judged[] = [];
  for (const { from, ...kase } of planned.cases) {
    const { change } = kase;
    const head = { place: from, ref: change.ref, operation: change.operation };
    const what = `${change.operation.toLowerCase()} ${change.ref.kind} ${refName(change.ref)}`;
    if (!isJudged(change.ref)) {
      documents.push({ ...head, kind: 'ignored' });
      judged.push({ what, verdict: undefined, answer: ignored, admission: undefined, falseWitnesses: [] });
      continue;
    }
    const verdict = judge(kase, set, one.now);
    documents.push({ ...head, kind: 'judged', object: change.object ?? change.oldObject, verdict });
    const say = (language: Language) => admission(change, verdict, set, language);
    judged.push({
      what,
      verdict,
      answer: answerOf(verdict),
      admission: { en: say('en'), ja: say('ja') },
      falseWitnesses: falseWitnesses(verdict, kase.after, set),
    });
  }
  if (summarize(documents).documents !== one.given.length)
    throw new Error(`${one.path}: not every object was planned for`);
  return {
    judged,
    checkText: { en: checkText(documents, 'en', noColour), ja: checkText(documents, 'ja', noColour) },
  };
}

function guardrailSetOf(one: CaseFile, registry: readonly Guardrail[]): GuardrailSet {
  const loaded = loadEntries(one.configuration, { registry, now: one.now });
  if (loaded.ok) return loaded.set;
  const problems = loaded.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  throw new Error(`the configuration cannot be used:\n${problems.join('\n')}`);
}

/** These tell of what is not possible any more; the witnesses of all others are to be possible. */
const aboutCuts = ['keep-dns', 'keep-flows', 'keep-hosts-reachable', 'protect-webhook'];

/** Looks for every witness by itself, where it names addresses and pods of today. */
function falseWitnesses(verdict: Verdict, after: World, { enforcer, cluster }: GuardrailSet): readonly string[] {
  const probe = prober(after, { enforcer, cluster });
  return verdict.findings.flatMap(({ guardrail, key, witness }) => {
    if (witness === null || /[*]|any-/.test(witness.from + witness.to)) return [];
    const answer = probe(witness.port === null ? { ...witness, port: undefined } : witness);
    const text = `${guardrail}/${key}: ${witness.from} to ${witness.to}, ${witness.protocol} ${witness.port}`;
    if (!answer.ok) return [`${text}: ${answer.problem}`];
    const wrong = aboutCuts.includes(guardrail) ? 'allow' : 'deny';
    return answer.value.verdict === wrong ? [`${text}: ${answer.value.verdict}`] : [];
  });
}

const ignored: Expected = { verdict: 'ignored', findings: [], notChecked: [], exemptions: [] };

function answerOf(verdict: Verdict): Expected {
  return {
    verdict: verdict.allowed ? 'allow' : 'deny',
    findings: verdict.findings.map(
      ({ guardrail, key, effect, path }) => `${guardrail}/${key} ${effect} ${formatPath(path)}`,
    ),
    notChecked: verdict.notChecked.map(({ guardrail, reason }) => `${guardrail} ${reason}`),
    exemptions: verdict.exemptions,
  };
}

/** What is read back from the very bytes that the webhook would send. */
function admission(change: Change, verdict: Verdict, set: GuardrailSet, language: Language): Admission {
  const response = dig(JSON.parse(renderResponse('case', change, verdict, set.hash, language)), 'response');
  const annotations = new Map(stringMap(dig(response, 'auditAnnotations')));
  annotations.delete('config');
  return {
    message: asString(dig(response, 'status', 'message')),
    warnings: (asList(dig(response, 'warnings')) ?? []).map(String),
    annotations,
  };
}

/** All that is said of a case, as it is kept in the golden file. */
export function goldenText(one: CaseFile, outcome: Outcome): string {
  const blocks = [`# ${one.title}`];
  for (const { what, answer, admission } of outcome.judged) {
    blocks.push(`## ${what}: ${answer.verdict}`);
    if (admission === undefined) continue;
    for (const language of languages) {
      const { message, warnings } = admission[language];
      if (message !== undefined) blocks.push(`[denied, ${language}]\n${message}`);
      if (warnings.length > 0)
        blocks.push(`[warnings, ${language}]\n${warnings.map((text) => `Warning: ${text}`).join('\n')}`);
    }
    const annotations = [...admission.en.annotations].map(([key, value]) => `${key}: ${value}`);
    blocks.push(`[audit annotations]\n${annotations.join('\n')}`);
  }
  for (const language of languages) {
    blocks.push(`## sekisho check, ${language}\n\n${outcome.checkText[language].trimEnd()}`);
  }
  return `${blocks.join('\n\n')}\n`;
}
