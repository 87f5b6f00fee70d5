import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverConfiguration } from '../../src/config/discover.ts';

function find(start: string, ...there: readonly string[]): Promise<string | undefined> {
  return discoverConfiguration(start, (path) => Promise.resolve(there.includes(path)));
}

describe('discoverConfiguration', () => {
  it('takes the nearest file up to the repository', async () => {
    expect(await find('/home/r/a/b', '/home/r/.git', '/home/r/sekisho.yaml')).toBe('/home/r/sekisho.yaml');
    expect(await find('/home/r/a/b', '/home/r/.git', '/home/r/sekisho.yaml', '/home/r/a/sekisho.yaml')).toBe(
      '/home/r/a/sekisho.yaml',
    );
    expect(await find('/home/r', '/home/r/.git', '/home/r/sekisho.yaml')).toBe('/home/r/sekisho.yaml');
  });

  it('does not look beyond the repository', async () => {
    expect(await find('/home/r/a', '/home/r/.git', '/home/sekisho.yaml')).toBeUndefined();
    expect(await find('/home/r/a', '/home/r/.git')).toBeUndefined();
  });

  it('takes only the folder itself where there is no repository', async () => {
    expect(await find('/tmp/a', '/tmp/a/sekisho.yaml')).toBe('/tmp/a/sekisho.yaml');
    expect(await find('/tmp/a', '/tmp/sekisho.yaml')).toBeUndefined();
    expect(await find('/', '/sekisho.yaml')).toBe('/sekisho.yaml');
    expect(await find('/')).toBeUndefined();
  });
});

describe('on disk', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'sekisho-discover-'));
    await mkdir(join(root, 'deploy', 'web'), { recursive: true });
    await mkdir(join(root, '.git'));
    await writeFile(join(root, 'sekisho.yaml'), '');
  });
  afterAll(() => rm(root, { recursive: true }));

  it('finds what is there', async () => {
    expect(await discoverConfiguration(join(root, 'deploy', 'web'))).toBe(join(root, 'sekisho.yaml'));
    expect(await discoverConfiguration(join(root, 'nowhere', 'at', 'all'))).toBe(join(root, 'sekisho.yaml'));
  });
});
