/** Every measurement, one after another, each in a process of its own. Prints; never judges, and is no test. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

for (const [title, file, flags] of [
  ['Judging against a large World', 'judging.ts', ['--expose-gc']],
  ['Judging against a large World with Calico in it', 'calico.ts', ['--expose-gc']],
  ['Reading Calico selectors', 'selectors.ts', []],
  ['Judging large objects', 'large-objects.ts', []],
  ['Throughput over TLS', 'throughput.ts', []],
  ['From start to ready', 'start.ts', []],
] as const) {
  process.stdout.write(`\n${title}\n`);
  const { status } = spawnSync(process.execPath, [...flags, join(import.meta.dirname, file)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exitCode = 1;
}
