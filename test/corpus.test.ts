import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../src/cli/io.ts';
import { run } from '../src/cli/run.ts';

/** Real policies of public repositories, which are not ours to copy: they lie beside the checkout where there are any. */
const archive = resolve(import.meta.dirname, '../../shared/corpus/real-world.tar.xz');

if (!existsSync(archive)) {
  it('has no corpus beside this checkout (../shared/corpus), so nothing is run over it', () => {
    process.stderr.write(
      'The corpus is not here: ../shared/corpus/real-world.tar.xz is missing, and nothing was run over it.\n',
    );
    expect(existsSync(archive)).toBe(false);
  });
} else {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sekisho-corpus-'));
    const { status, stderr } = spawnSync('tar', ['xJf', archive, '-C', folder]);
    if (status !== 0) throw new Error(`the corpus cannot be unpacked: ${stderr}`);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function sekisho(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const io: Io = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      stdin: async () => Buffer.alloc(0),
      env: {},
      cwd: folder,
      outIsTerminal: false,
      now: () => 0,
    };
    return { code: await run([...args, folder, '--format', 'json'], { serve: async () => 0 as const }, io), out, err };
  }

  describe('the corpus of real policies', () => {
    it('is judged to the last document: a verdict, another kind, or an error with its place; twice the same bytes', async () => {
      const first = await sekisho('check');
      expect(first.code).toBe(2);
      const { documents, summary } = JSON.parse(first.out);
      expect(documents.length).toBe(summary.documents);
      expect(summary.judged).toBeGreaterThan(900);
      for (const one of documents) {
        expect(['allow', 'deny', 'ignored', 'error']).toContain(one.verdict);
        if (one.verdict === 'error')
          expect(one.error).toEqual({
            message: expect.stringMatching(/\S/),
            line: expect.any(Number),
            column: expect.any(Number),
          });
        for (const finding of one.findings) {
          expect(finding.line).toBeGreaterThan(0);
          expect(`${finding.message}${finding.why}`).not.toMatch(/\bundefined\b|\bNaN\b|\[object |[Ii]mmutable/);
        }
      }
      // What is no YAML, and five policies in a version that no API server has had for years.
      const old = documents.filter((one: { error?: { message: string } }) =>
        / has no NetworkPolicy:/.test(one.error?.message ?? ''),
      );
      expect(old.map((one: { error: { message: string } }) => one.error.message)).toEqual(
        Array(5).fill('extensions/v1beta1 has no NetworkPolicy: write apiVersion: networking.k8s.io/v1'),
      );
      expect(summary.errors - old.length).toBeLessThanOrEqual(12);
      expect((await sekisho('check')).out).toBe(first.out);
    });

    it('is described to the last policy', async () => {
      const { out, err } = await sekisho('describe');
      expect(err).toBe('');
      const { policies } = JSON.parse(out);
      expect(policies.length).toBeGreaterThan(900);
      for (const one of policies) {
        if (one.error !== undefined) continue;
        expect(one.text).toMatch(/\.$/);
        expect(one.text).not.toMatch(/\bundefined\b|\bNaN\b|\[object /);
      }
    });
  });
}
