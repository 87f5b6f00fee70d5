import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { registry } from '../src/engine/guardrails/registry.ts';
import { byteLength } from '../src/engine/render/plain.ts';
import { type CaseFile, type Expected, readCases } from './support/case-file.ts';
import { goldenText, languages, type Outcome, runCase } from './support/case-run.ts';

const goldenFolder = resolve(import.meta.dirname, 'golden');
const update = process.env['UPDATE_GOLDEN'] === '1';

const cases = await readCases();

function goldenOf(path: string): string {
  return path.replace(/\.yaml$/, '.txt');
}

describe.each(cases.map((one) => [one.path, one] as const))('%s', (_path, one) => {
  let known: Outcome | undefined;
  const outcomeOf = () => {
    known ??= runCase(one, registry);
    return known;
  };

  it(`is judged as it says: ${one.title}`, () => {
    const outcome = outcomeOf();
    expect(outcome.judged.map(({ what, answer }, index) => shown(what, answer, one.expected[index]))).toEqual(
      outcome.judged.map(({ what }, index) => shown(what, one.expected[index], one.expected[index])),
    );
  });

  it('is told in the words of its golden file', async () => {
    const file = join(goldenFolder, goldenOf(one.path));
    const text = goldenText(one, outcomeOf());
    if (update) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return;
    }
    const golden = await readFile(file, 'utf8').catch(() => undefined);
    expect(text, 'look at the difference; if it is wanted: UPDATE_GOLDEN=1 npx vitest run test/cases.test.ts').toBe(
      golden,
    );
  });

  it('calls no flow a witness that is not one', () => {
    expect(outcomeOf().judged.flatMap(({ falseWitnesses }) => falseWitnesses)).toEqual([]);
  });

  it('fits where it is read', () => {
    expect(faultsOf(outcomeOf())).toEqual([]);
  });
});

/** What only the audit sees is compared as far as the case speaks of it. */
function shown(what: string, answer: Expected | undefined, expected: Expected | undefined) {
  if (answer === undefined) return { what };
  const findings = answer.findings.filter((line) => !line.includes(' audit ') || expected?.findings.includes(line));
  return {
    what,
    verdict: answer.verdict,
    findings: findings.toSorted(),
    notChecked: answer.notChecked.toSorted(),
    exemptions: answer.exemptions.toSorted(),
  };
}

/** A text that a client would cut, drop or act upon, and what is wrong with it. */
function faultsOf(outcome: Outcome): string[] {
  const faults: string[] = [];
  for (const language of languages) {
    for (const { admission, verdict } of outcome.judged) {
      const message = admission?.[language].message;
      if (message !== undefined) faults.push(...faultsOfDenial(message));
      for (const warning of admission?.[language].warnings ?? []) faults.push(...faultsOfWarning(warning));
      for (const { fix } of verdict?.findings ?? []) if (fix !== null) faults.push(...faultsOfFix(fix));
    }
    if (/immutable/i.test(outcome.checkText[language])) faults.push(`check says "immutable" (${language})`);
  }
  return [...new Set(faults)];
}

function faultsOfDenial(message: string): string[] {
  const faults: string[] = [];
  const [first = ''] = message.split('\n');
  if (/immutable/i.test(message)) faults.push(`says "immutable": ${message}`);
  if (byteLength(message) > 1024) faults.push(`${byteLength(message)} bytes: ${first}`);
  if ([...first].length > 160) faults.push(`first line of ${[...first].length} characters: ${first}`);
  if (message.trim() !== message) faults.push(`begins or ends with blanks: ${JSON.stringify(message)}`);
  if (/[^\P{C}\n]/u.test(message)) faults.push(`holds a control character: ${JSON.stringify(message)}`);
  return faults;
}

function faultsOfWarning(warning: string): string[] {
  const faults: string[] = [];
  if (/immutable/i.test(warning)) faults.push(`says "immutable": ${warning}`);
  if (/\p{C}/u.test(warning)) faults.push(`holds a control character: ${JSON.stringify(warning)}`);
  if ([...warning].length > 256) faults.push(`warning of ${[...warning].length} characters: ${warning}`);
  if (warning.endsWith('...')) faults.push(`warning is cut: ${warning}`);
  if (warning.trim() !== warning) faults.push(`begins or ends with blanks: ${JSON.stringify(warning)}`);
  return faults;
}

function faultsOfFix(fix: string): string[] {
  if (/[\n\r]/.test(fix)) return [`fix of several lines: ${fix}`];
  try {
    return typeof parse(fix) === 'object' ? [] : [`fix that is no YAML object: ${fix}`];
  } catch {
    return [`fix that is no YAML: ${fix}`];
  }
}

describe('the suite', () => {
  const findingsOf = (one: CaseFile) => one.expected.flatMap(({ findings }) => findings);

  it('has a bad case for every key of every guardrail', () => {
    const shownKeys = new Set(
      cases.flatMap((one) => (one.kind === 'bad' ? findingsOf(one).map((line) => line.split(' ')[0]) : [])),
    );
    const keys = registry.flatMap(({ name, keys }) => Object.keys(keys).map((key) => `${name}/${key}`));
    expect(keys.filter((key) => !shownKeys.has(key))).toEqual([]);
  });

  it('has a good case for every guardrail', () => {
    const folders = new Set(cases.flatMap((one) => (one.kind === 'good' ? [one.folder] : [])));
    expect(registry.map(({ name }) => name).filter((name) => !folders.has(name))).toEqual([]);
  });

  it('calls good what its guardrail does not deny, and bad what it has something to say of', () => {
    const wrong = cases.filter((one) => {
      const own = findingsOf(one).filter((line) => line.startsWith(`${one.folder}/`));
      if (one.kind === 'good') return own.some((line) => line.includes(' deny '));
      return one.kind === 'bad' && !own.some((line) => / (?:deny|warn) /.test(line));
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('calls every case of a guardrail good or bad', () => {
    const guardrails = new Set([...registry.map(({ name }) => name), 'custom']);
    const wrong = cases.filter((one) => guardrails.has(one.folder) !== (one.kind !== 'story'));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('has a title of its own for every case', () => {
    const titles = cases.map(({ title }) => title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it('keeps no golden file without its case', async () => {
    const wanted = new Set(cases.map((one) => goldenOf(one.path)));
    const entries = await readdir(goldenFolder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(goldenFolder.length + 1)
          .replaceAll('\\', '/'),
      );
    const stale = files.filter((file) => !wanted.has(file));
    if (update) for (const file of stale) await rm(join(goldenFolder, file));
    else expect(stale).toEqual([]);
  });
});
