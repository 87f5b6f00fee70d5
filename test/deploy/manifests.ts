import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { asString, dig } from '../../src/engine/json/read.ts';

export const root = resolve(import.meta.dirname, '../..');
export const folder = join(root, 'deploy');

export interface Manifest {
  /** From the root of the repository on. */
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  readonly value: unknown;
}

/** The YAML files of `deploy/` but for the chart, whose templates are none, with the errors that YAML finds in them. */
export async function deployedFiles(): Promise<{ file: string; errors: string[]; values: unknown[] }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((one) => one.isFile() && /\.ya?ml$/.test(one.name) && !one.parentPath.startsWith(join(folder, 'chart')))
    .map((one) => join(one.parentPath, one.name));
  return Promise.all(
    files.sort().map(async (path) => {
      // As Kubernetes reads YAML, for what differs here: `0440` is octal.
      const documents = parseAllDocuments(await readFile(path, 'utf8'), {
        version: '1.1',
        strict: true,
        uniqueKeys: true,
      });
      const list = Array.isArray(documents) ? documents : [];
      return {
        file: relative(root, path),
        errors: list.flatMap((document) => [...document.errors, ...document.warnings].map((one) => one.message)),
        values: list.map((document) => document.toJS()),
      };
    }),
  );
}

export async function manifests(): Promise<readonly Manifest[]> {
  return (await deployedFiles()).flatMap(({ file, values }) =>
    values.map((value) => ({
      file,
      kind: asString(dig(value, 'kind')) ?? '',
      name: asString(dig(value, 'metadata', 'name')) ?? '',
      value,
    })),
  );
}
