import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSources } from '../../src/files/sources.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-sources-'));
  const files: Record<string, string> = {
    'deploy/b.yaml': 'kind: B\n',
    'deploy/a.yml': 'kind: A\n---\nkind: A2\n',
    'deploy/C.JSON': '{"kind": "C"}',
    'deploy/notes.txt': 'kind: Text\n',
    'deploy/yaml': 'kind: NoExtension\n',
    'deploy/sub/deep/d.yaml': 'kind: D\n',
    'deploy/sub/.hidden.yaml': 'kind: HiddenFile\n',
    'deploy/.git/x.yaml': 'kind: Git\n',
    'deploy/node_modules/x.yaml': 'kind: Module\n',
    'deploy/sub/empty.yaml': '# nothing\n',
    '.config/inner/.deeper/x.yaml': 'kind: TooDeep\n',
    '.config/inner/x.yaml': 'kind: Config\n',
    'links/real/x.yaml': 'kind: X\n',
    'mount/..data/z.yaml': 'kind: Mounted\n',
    'bare/readme.md': '# no manifests\n',
    'broken/bad.yaml': 'a: [\n',
    'broken/good.yaml': 'kind: Good\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await symlink('..', join(root, 'links/real/loop'));
  await symlink('real', join(root, 'links/again'));
  await symlink('nowhere.yaml', join(root, 'links/dangling.yaml'));
  await symlink('self.yaml', join(root, 'links/self.yaml'));
  await symlink('..data/z.yaml', join(root, 'mount/z.yaml'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function read(...paths: string[]) {
  const reading = await readSources(paths.map((path) => (path === '-' ? path : join(root, path))));
  const short = (path: string) => path.replace(`${root}/`, '');
  return {
    files: reading.files,
    problems: reading.problems.map(({ path, message }) => [short(path), message.replace(`${root}/`, '')]),
    entries: reading.entries.map((entry) => [
      short(entry.source.file),
      entry.kind === 'document' ? entry.value['kind'] : entry.error.message,
    ]),
  };
}

describe('folders', () => {
  it('are read below, sorted by path, without hidden folders and node_modules', async () => {
    expect(await read('deploy')).toEqual({
      files: 6,
      problems: [],
      entries: [
        ['deploy/C.JSON', 'C'],
        ['deploy/a.yml', 'A'],
        ['deploy/a.yml', 'A2'],
        ['deploy/b.yaml', 'B'],
        ['deploy/sub/.hidden.yaml', 'HiddenFile'],
        ['deploy/sub/deep/d.yaml', 'D'],
      ],
    });
  });

  it('are read when they are named, whatever they are called', async () => {
    expect((await read('.config')).entries).toEqual([['.config/inner/x.yaml', 'Config']]);
    expect((await read('deploy/node_modules', 'deploy/.git')).entries).toEqual([
      ['deploy/node_modules/x.yaml', 'Module'],
      ['deploy/.git/x.yaml', 'Git'],
    ]);
  });

  it('survive links that lead in circles or nowhere, and read nothing twice', async () => {
    expect(await read('links')).toEqual({
      files: 1,
      problems: [
        ['links/dangling.yaml', 'there is no file or folder "links/dangling.yaml"'],
        ['links/self.yaml', 'the symbolic link "links/self.yaml" leads back to itself'],
      ],
      entries: [['links/real/x.yaml', 'X']],
    });
    expect((await read('links/again')).entries).toEqual([['links/again/x.yaml', 'X']]);
  });

  it('are read where a Secret or ConfigMap is mounted', async () => {
    expect((await read('mount')).entries).toEqual([['mount/z.yaml', 'Mounted']]);
  });

  it('without manifests are no problem of their own', async () => {
    expect(await read('bare')).toEqual({ files: 0, problems: [], entries: [] });
  });
});

describe('files', () => {
  it('are read whatever they are called, in the order of the paths', async () => {
    expect(await read('deploy/yaml', 'deploy/notes.txt', 'deploy/b.yaml')).toEqual({
      files: 3,
      problems: [],
      entries: [
        ['deploy/yaml', 'NoExtension'],
        ['deploy/notes.txt', 'Text'],
        ['deploy/b.yaml', 'B'],
      ],
    });
  });

  it('are read once, where they come first', async () => {
    expect((await read('deploy/sub/deep/d.yaml', 'deploy/sub', 'deploy/sub/deep')).entries).toEqual([
      ['deploy/sub/deep/d.yaml', 'D'],
      ['deploy/sub/.hidden.yaml', 'HiddenFile'],
    ]);
  });

  it('keep the name that they were given', async () => {
    const { entries } = await readSources([`${root}/deploy/../deploy/b.yaml`, `${root}/deploy/./sub/`]);
    expect(entries.map((entry) => entry.source.file)).toEqual([
      `${root}/deploy/../deploy/b.yaml`,
      `${root}/deploy/sub/.hidden.yaml`,
      `${root}/deploy/sub/deep/d.yaml`,
    ]);
  });

  it('that are not there are problems, and cost the others nothing', async () => {
    expect(await read('missing.yaml', 'deploy/b.yaml/x', 'broken', 'deploy/b.yaml')).toEqual({
      files: 3,
      problems: [
        ['missing.yaml', 'there is no file or folder "missing.yaml"'],
        ['deploy/b.yaml/x', 'there is no file or folder "deploy/b.yaml/x"'],
      ],
      entries: [
        ['broken/bad.yaml', expect.stringContaining('this is not valid YAML')],
        ['broken/good.yaml', 'Good'],
        ['deploy/b.yaml', 'B'],
      ],
    });
    expect((await readSources(['', 'a\u0000b'])).problems.map((problem) => problem.message)).toEqual([
      'there is no file or folder ""',
      expect.stringMatching(/^"a\\u0000b" cannot be read/),
    ]);
  });

  it('that cannot be read are told of in the language that is asked for', async () => {
    const { problems } = await readSources(['missing.yaml', '-'], { language: 'ja' });
    expect(problems).toEqual([
      { path: 'missing.yaml', message: '"missing.yaml" というファイルやフォルダーはありません' },
      { path: '-', message: 'ここでは標準入力を読み取れません' },
    ]);
  });

  it('that are no folders and no plain files are read too', async () => {
    expect(await readSources(['/dev/null'])).toEqual({ entries: [], files: 1, problems: [] });
  });
});

describe('standard input', () => {
  const stdin = (bytes: string | Uint8Array) => () => Promise.resolve(Buffer.from(bytes));

  it('is called "-"', async () => {
    const reading = await readSources(['-', '-'], { stdin: stdin('kind: A\n') });
    expect(reading).toMatchObject({ files: 1, problems: [] });
    expect(reading.entries.map((entry) => entry.source.file)).toEqual(['-']);
  });

  it('that is not there or breaks is a problem', async () => {
    expect((await readSources(['-'])).problems).toEqual([{ path: '-', message: 'standard input cannot be read here' }]);
    const broken = () => Promise.reject(new Error('EPIPE'));
    const reading = await readSources(['-'], { stdin: broken });
    expect(reading).toEqual({
      entries: [],
      files: 0,
      problems: [{ path: '-', message: 'standard input cannot be read' }],
    });
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a broken character',
      Buffer.from([0x61, 0x3a, 0x20, 0x62, 0x0a, 0xc3, 0xa9, 0xff, 0x0a]),
      '2:2 this file is not UTF-8 text: the byte 0xFF cannot stand here (is it a binary file?)',
    ],
    [
      'Latin-1',
      Buffer.concat([Buffer.from('\uFEFFa: "\uFFFD"\nb: caf'), Buffer.from([0xe9, 0x0a])]),
      '2:7 this file is not UTF-8 text: the byte 0xE9 cannot stand here (is it a binary file?)',
    ],
    [
      'a cut character',
      Buffer.from('a: é').subarray(0, 4),
      '1:4 this file is not UTF-8 text: the byte 0xC3 cannot stand here (is it a binary file?)',
    ],
    ['UTF-16', Buffer.from('\uFEFFkind: A\n', 'utf16le'), '1:1 this file is UTF-16 text: save it as UTF-8'],
    [
      'a picture',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]),
      '1:1 this file is not UTF-8 text: the byte 0x89 cannot stand here (is it a binary file?)',
    ],
    [
      'NUL bytes',
      Buffer.from('a: 1\u0000\u0000'),
      '1:5 this holds the control character U+0000, which no YAML may (is it a binary file?)',
    ],
  ])('that is no UTF-8 text is one unreadable entry: %s', async (_, bytes, expected) => {
    const [entry, ...others] = (await readSources(['-'], { stdin: stdin(bytes) })).entries;
    expect(others).toEqual([]);
    if (entry?.kind !== 'unreadable') throw new Error('this was expected to be unreadable');
    expect(`${entry.error.line}:${entry.error.column} ${entry.error.message}`).toBe(expected);
    expect(entry.source).toMatchObject({ file: '-', document: 0, item: null });
  });
});
