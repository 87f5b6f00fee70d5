import { Command } from 'commander';
import { nearest } from '../config/nearest.ts';
import { registry } from '../engine/guardrails/registry.ts';
import { explanation } from '../engine/render/explain.ts';
import type { Language } from '../engine/words/language.ts';
import { type ExitCode, exitCode, UsageProblem } from './exit-code.ts';
import { languageOf, oneOf } from './file-flags.ts';
import type { Io } from './io.ts';

export function explainCommand(io: Io, done: (code: ExitCode) => void): Command {
  return new Command('explain')
    .description('say what a guardrail wants, and why')
    .argument('[guardrail]', 'a guardrail, or guardrail/key as messages name it; without one, all are listed')
    .addOption(oneOf('--lang <language>', 'language of the output', ['en', 'ja']))
    .action((name: string | undefined, flags: { readonly lang?: Language }) => {
      const language = languageOf(flags, io);
      io.out(name === undefined ? list(language) : explain(name, language));
      done(exitCode.judged);
    });
}

function list(language: Language): string {
  return registry.map((guardrail) => `${guardrail.name}\n  ${guardrail.summary[language]}\n`).join('');
}

function explain(written: string, language: Language): string {
  const [name = '', key, ...more] = written.split('/');
  const guardrail = registry.find((one) => one.name === name);
  const keys = guardrail === undefined ? [] : Object.keys(guardrail.keys);
  if (guardrail !== undefined && more.length === 0 && (key === undefined || keys.includes(key))) {
    return explanation(guardrail, language, key);
  }
  const known = registry.flatMap((one) => [one.name, ...Object.keys(one.keys).map((of) => `${one.name}/${of}`)]);
  const near = nearest(written, known);
  const hint = near === undefined ? 'sekisho explain lists them all' : `did you mean ${near}?`;
  throw new UsageProblem(`there is no guardrail ${JSON.stringify(written)}; ${hint}`);
}
