import { Command, InvalidArgumentError, Option } from 'commander';
import { type EnforcerProfile, enforcerProfiles } from '../engine/model/cluster-facts.ts';
import type { Language } from '../engine/words/language.ts';
import type { Io } from './io.ts';

/** Flags that every command over files has. */
export interface FileFlags {
  readonly config?: string[];
  readonly profile?: EnforcerProfile;
  readonly lang?: Language;
  readonly namespace: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly format?: string;
}

export function fileCommand(name: string, description: string, formats: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .argument('<path...>', 'files, folders (read recursively for .yaml, .yml, .json), or - for standard input')
    .option(
      '--config <file>',
      'GuardrailSet and Exemption documents (repeatable); else the nearest sekisho.yaml, else the built-in set',
      repeated,
    )
    .addOption(
      new Option('--profile <name>', 'how the network plugin reads what the API leaves open').choices(enforcerProfiles),
    )
    .addOption(new Option('--lang <language>', 'language of the output').choices(['en', 'ja']))
    .option('--namespace <name>', 'namespace of documents that name none', namespaceName, 'default')
    .addOption(
      new Option('--color <when>', 'colour of the output').choices(['auto', 'always', 'never']).default('auto'),
    )
    .addOption(new Option('--format <format>', 'form of the output').choices([...formats]));
}

function namespaceName(written: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(written)) return written;
  throw new InvalidArgumentError('Namespaces are named with small letters, digits and -.');
}

export function repeated(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** --lang, else the language of the environment, else English. */
export function languageOf(flags: { readonly lang?: Language }, io: Io): Language {
  if (flags.lang !== undefined) return flags.lang;
  const said = io.env['LC_ALL'] || io.env['LANG'] || '';
  return /^ja(?:[_.-]|$)/i.test(said) ? 'ja' : 'en';
}

export function usesColor(flags: FileFlags, io: Io): boolean {
  if (flags.color !== 'auto') return flags.color === 'always';
  return io.outIsTerminal && (io.env['NO_COLOR'] ?? '') === '';
}

export function oneOf(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices([...choices]);
}
