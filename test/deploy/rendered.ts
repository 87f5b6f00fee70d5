import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { asString, dig } from '../../src/engine/json/read.ts';
import { locateBinaries } from '../support/control-plane-binaries.ts';
import { folder } from './manifests.ts';

/** Objects by `Kind name`. */
export type Objects = ReadonlyMap<string, unknown>;

const execute = promisify(execFile);

/** What the real `kubectl kustomize` makes of a folder of `deploy/`. */
export async function kustomized(path: string): Promise<Objects> {
  const { kubectl } = await locateBinaries((message) => void process.stderr.write(`${message}\n`));
  const { stdout } = await execute(kubectl, ['kustomize', isAbsolute(path) ? path : join(folder, path)]);
  return objectsIn(stdout);
}

/** What the real `helm template` makes of the chart, with the exit code and the words where it refuses. */
export async function helmTemplate(
  helm: string,
  flags: readonly string[] = [],
  namespace = 'sekisho-system',
): Promise<{ objects: Objects; refused: string | undefined }> {
  const args = ['template', 'sekisho', join(folder, 'chart'), '--namespace', namespace, ...flags];
  try {
    const { stdout } = await execute(helm, args, { maxBuffer: 16 * 1024 * 1024 });
    return { objects: objectsIn(stdout), refused: undefined };
  } catch (problem) {
    return { objects: new Map(), refused: String(problem) };
  }
}

function objectsIn(text: string): Objects {
  // Both programs write what any version of YAML reads alike, but for Prometheus' texts, which are quoted.
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
  const objects = new Map<string, unknown>();
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.errors.length > 0) throw document.errors[0];
    const value: unknown = document.toJS();
    if (value === null) continue;
    const name = `${asString(dig(value, 'kind'))} ${asString(dig(value, 'metadata', 'name'))}`;
    if (objects.has(name)) throw new Error(`twice: ${name}`);
    objects.set(name, withConfigurationRead(value));
  }
  return objects;
}

/** The configuration in a ConfigMap is YAML in YAML, with comments in the base and without in the chart: its meaning counts. */
function withConfigurationRead(value: unknown): unknown {
  const text = dig(value, 'data', 'guardrails.yaml');
  return typeof text !== 'string' ? value : { ...Object(value), data: { 'guardrails.yaml': parse(text) } };
}

/**
 * The `helm` of PATH, or one that the GitOps tests have built, which is kept beside the control plane; undefined where
 * there is neither.
 */
export async function findHelm(): Promise<string | undefined> {
  const built = join(cacheFolder(), 'sekisho');
  const kept = await readdir(built, { recursive: true }).catch(() => []);
  const candidates = [
    ...(process.env['PATH'] ?? '').split(delimiter).map((one) => join(one, 'helm')),
    ...kept.filter((one) => /(?:^|\/)helm$/.test(one)).map((one) => join(built, one)),
  ];
  for (const one of candidates) {
    const runs = await access(one, constants.X_OK)
      .then(() => execute(one, ['version', '--short']))
      .then(
        ({ stdout }) => /^v[34]\./.test(stdout),
        () => false,
      );
    if (runs) return one;
  }
  return undefined;
}

function cacheFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'];
  return cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), '.cache');
}
