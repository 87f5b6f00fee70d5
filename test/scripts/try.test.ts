import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readCase } from '../support/case-file.ts';

const script = resolve(import.meta.dirname, '../../scripts/try.ts');

it('the samples that `npm run try` sends are cases that there are', async () => {
  const paths = [...(await readFile(script, 'utf8')).matchAll(/'([\w-]+\/[\w-]+\.yaml)'/g)].map(
    ([, path = '']) => path,
  );
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) expect((await readCase(path)).given.length, path).toBeGreaterThan(0);
});
