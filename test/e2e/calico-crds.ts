import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { judgedResources } from '../../src/engine/dialects/resources.ts';

/** The kinds that Calico has a CustomResourceDefinition of, in both forms. */
const kinds = judgedResources.filter((one) => one.group.endsWith('projectcalico.org') && one.fromFilesOnly !== true);

/** Definitions of our own for Calico's kinds, which take any content: what is refused is refused by the webhook. */
export function permissiveCrds(): string {
  const items = kinds.map(({ group, version, kind, plural, namespaced }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Calico's own definitions are not ours to copy: they lie beside the checkout where there are any. */
const folder = join(process.env['SEKISHO_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'), 'crds/calico');

/** The definitions of a release, as one YAML stream; undefined where they are not here. */
export async function officialCrds(release: string, group: string): Promise<string | undefined> {
  const path = join(folder, release);
  if (!existsSync(path)) return undefined;
  const files = (await readdir(path)).filter((name) => name.startsWith(`${group}_`)).sort();
  return (await Promise.all(files.map((name) => readFile(join(path, name), 'utf8')))).join('\n---\n');
}
