import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let folder = '';
let args: readonly string[] = [];

/** Enough to say for the output not to fit into a pipe that nobody reads. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-output-'));
  const file = join(folder, 'policies.json');
  const spec = { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] };
  const policies = Array.from({ length: 150 }, (_, index) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `p${index}`, namespace: `n${index}` },
    spec,
  }));
  await writeFile(file, JSON.stringify(policies));
  args = [join(root, 'src/main.ts'), 'check', '--format', 'json', file];
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

async function ended(child: ReturnType<typeof spawn>): Promise<Ended> {
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.once('close', (value) => done(value)));
  return { code, err };
}

it('may be read to its first line only: the exit code is that of the verdict, and nothing else is said', async () => {
  const whole = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let size = 0;
  whole.stdout.on('data', (chunk: Buffer) => (size += chunk.length));
  const { code } = await ended(whole);
  expect(size).toBeGreaterThan(65_536);
  const cut = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  cut.stdout.once('data', () => cut.stdout.destroy());
  expect(await ended(cut)).toEqual({ code, err: '' });
});

// A device that is always full, where the system has one.
it.runIf(existsSync('/dev/full'))('that cannot be written is one sentence, and exit code 2', async () => {
  const full = await open('/dev/full', 'w');
  const child = spawn(process.execPath, args, { stdio: ['ignore', full.fd, 'pipe'] });
  const { code, err } = await ended(child);
  await full.close();
  expect(code).toBe(2);
  expect(err).toBe('sekisho: the output cannot be written (ENOSPC)\n');
});
