import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './manifests.ts';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = (await readFile(join(root, 'Dockerfile'), 'utf8'))
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { word, rest: rest.trim() };
  });

const of = (word: string) => instructions.filter((one) => one.word === word).map(({ rest }) => rest);
const lastStage = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));

describe('the Dockerfile', () => {
  it('holds instructions that exist', () => {
    const known = ['ARG', 'FROM', 'RUN', 'WORKDIR', 'COPY', 'USER', 'EXPOSE', 'ENTRYPOINT', 'CMD'];
    expect(instructions.filter(({ word }) => !known.includes(word))).toEqual([]);
  });

  it('has two stages, on bases that are given at build time and never by a tag of its own', () => {
    expect(of('FROM')).toEqual([`\${BUILD_BASE} AS build`, `\${RUNTIME_BASE}`]);
    expect(instructions.slice(0, 2)).toEqual([
      { word: 'ARG', rest: 'BUILD_BASE' },
      { word: 'ARG', rest: 'RUNTIME_BASE' },
    ]);
    expect(of('ARG').filter((rest) => rest.includes('='))).toEqual([]);
  });

  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  it.each([
    ['two digests', `node:24@${digest}`, `node24@${digest}`, 0],
    ['a tag to build on', 'node:24', `node24@${digest}`, 1],
    ['a tag to run on', `node:24@${digest}`, 'node24:latest', 1],
    ['no name to run on', `node:24@${digest}`, '', 1],
    ['half a digest', `node:24@${digest.slice(0, -1)}`, `node24@${digest}`, 1],
    ['something behind the digest', `node:24@${digest}`, `node24@${digest} AS x`, 1],
  ])('of %s builds or refuses before it does anything else', (_name, BUILD_BASE, RUNTIME_BASE, status) => {
    const [first = ''] = of('RUN');
    const result = spawnSync('/bin/sh', ['-c', first], {
      env: { PATH: process.env['PATH'] ?? '', BUILD_BASE, RUNTIME_BASE },
      encoding: 'utf8',
    });
    expect(result.status).toBe(status);
    if (status !== 0) expect(result.stderr).toContain('not pinned by digest');
  });

  it('takes the packages that the lock file names, and nothing else', () => {
    expect(of('RUN').slice(1)).toEqual(['npm install --no-audit --no-fund', 'npm run build']);
  });

  it('ends as a user with a number, on files that are named', () => {
    expect(lastStage.filter(({ word }) => word === 'USER').map(({ rest }) => rest)).toEqual(['65532:65532']);
    expect(lastStage.filter(({ word }) => word === 'RUN' || word === 'ADD')).toEqual([]);
    expect(lastStage.filter(({ word }) => word === 'COPY').map(({ rest }) => rest)).toEqual([
      '--from=build /sekisho/dist/sekisho.js /sekisho/dist/THIRD-PARTY-LICENSES /sekisho/package.json ./',
      'LICENSE ./',
    ]);
  });

  it('starts Sekisho itself, so that arguments are those of Sekisho', () => {
    expect(of('ENTRYPOINT').map((rest) => JSON.parse(rest))).toEqual([
      ['/nodejs/bin/node', '--max-semi-space-size=4', '/sekisho/sekisho.js'],
    ]);
  });

  it('copies only what reaches the builder', async () => {
    const ignored = (await readFile(join(root, '.dockerignore'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignored[0]).toBe('*');
    const sent = ignored.slice(1).map((line) => line.replace(/^!/, ''));
    const copied = instructions
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    expect(sent.toSorted()).toEqual(copied.toSorted());
  });
});
