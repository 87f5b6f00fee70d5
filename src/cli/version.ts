import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { asString, field } from '../engine/json/read.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { Io } from './io.ts';

export function versionCommand(io: Io, done: (code: ExitCode) => void): Command {
  return new Command('version').description('print the version').action(() => {
    io.out(`sekisho ${version()}\n`);
    done(exitCode.judged);
  });
}

/** As the bundle was built; else from the package that this file belongs to. */
function version(): string {
  const built = process.env.SEKISHO_VERSION;
  if (built !== undefined) return built;
  for (const up of ['..', '../..']) {
    try {
      const text = readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8');
      const found: unknown = JSON.parse(text);
      const number = asString(field(found, 'version'));
      if (field(found, 'name') === 'sekisho' && number !== undefined) return number;
    } catch {
      // Not there: one folder further up.
    }
  }
  return 'unknown';
}
