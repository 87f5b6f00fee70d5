import { readdir, readFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { z } from 'zod';
import type { FieldPath } from '../../src/engine/json/path.ts';
import { isObject } from '../../src/engine/json/read.ts';
import { readDocuments, type SourceDocument } from '../../src/files/documents.ts';

/** Where the cases lie. */
export const casesFolder = resolve(import.meta.dirname, '../cases');

/** A case, read; `test/cases/README.md` says what each field means. */
export interface CaseFile {
  /** From the folder of cases, such as `forbid-broad-peers/bad-two-halves.yaml`. */
  readonly path: string;
  /** The first folder it lies in: a guardrail, `custom`, or another theme. */
  readonly folder: string;
  /** A good or a bad example of what the guardrail of its folder looks for, or a story of its own. */
  readonly kind: 'good' | 'bad' | 'story';
  readonly title: string;
  readonly configuration: readonly SourceDocument[];
  readonly world: readonly SourceDocument[];
  readonly remove: boolean;
  readonly given: readonly SourceDocument[];
  readonly namespace: string;
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  /** Milliseconds since 1970. */
  readonly now: number;
  /** One for each given object, in order. */
  readonly expected: readonly Expected[];
}

export interface Expected {
  readonly verdict: 'allow' | 'deny' | 'ignored';
  /** `guardrail/key effect path`. All that deny or warn; of those that only the audit sees, the ones that matter. */
  readonly findings: readonly string[];
  /** `guardrail reason`. All of them. */
  readonly notChecked: readonly string[];
  readonly exemptions: readonly string[];
}

const objects = z.array(z.union([z.string().endsWith('.yaml'), z.record(z.string(), z.unknown())]));

const expected = z.strictObject({
  verdict: z.enum(['allow', 'deny', 'ignored']),
  findings: z.array(z.string().regex(/^[a-z-]+(?:\/[a-z0-9-]+)+ (?:deny|warn|audit) \S.*$/)).default([]),
  notChecked: z.array(z.string().regex(/^(?:\*|[a-z/-]+) [a-z-]+$/)).default([]),
  exemptions: z.array(z.string()).default([]),
});

const caseSchema = z
  .strictObject({
    title: z.string().min(1),
    config: objects.default([]),
    world: objects.default([]),
    apply: objects.min(1).optional(),
    delete: objects.min(1).optional(),
    namespace: z.string().default('default'),
    user: z.string().default('developer@example.com'),
    groups: z.array(z.string()).default([]),
    now: z.iso.datetime().default('2026-11-21T09:00:00Z'),
    expect: z.union([expected, z.array(expected).min(1)]),
  })
  .refine((one) => (one.apply === undefined) !== (one.delete === undefined), 'give either apply or delete');

/** Every case there is, by path. Folders called `given` hold objects that cases share, and no cases. */
export async function readCases(): Promise<readonly CaseFile[]> {
  const entries = await readdir(casesFolder, { recursive: true });
  const paths = entries
    .map((entry) => entry.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.yaml') && !path.split('/').includes('given'))
    .sort();
  return Promise.all(paths.map(readCase));
}

/** Reads one case. A case that is not well formed is a mistake of ours, and ends the run. */
export async function readCase(path: string): Promise<CaseFile> {
  const [document, ...others] = await documentsOf(path);
  if (document === undefined || others.length > 0) throw new Error(`${path} must hold one document`);
  const parsed = caseSchema.safeParse(document.value);
  if (!parsed.success) throw new Error(`${path} is no case: ${z.prettifyError(parsed.error)}`);
  const written = parsed.data;
  const part = (key: 'config' | 'world' | 'apply' | 'delete') => documentsIn(document, key, written[key] ?? []);
  const given = await part(written.delete === undefined ? 'apply' : 'delete');
  const expectations = Array.isArray(written.expect) ? written.expect : [written.expect];
  if (expectations.length !== given.length) {
    throw new Error(`${path} gives ${given.length} objects, and expects something of ${expectations.length}`);
  }
  return {
    path,
    folder: path.split('/')[0] ?? '',
    kind: kindOf(path),
    title: written.title,
    configuration: await part('config'),
    world: await part('world'),
    remove: written.delete !== undefined,
    given,
    namespace: written.namespace,
    user: { name: written.user, groups: written.groups },
    now: Date.parse(written.now),
    expected: expectations,
  };
}

function kindOf(path: string): CaseFile['kind'] {
  const [kind] = posix.basename(path).split('-');
  return kind === 'good' || kind === 'bad' ? kind : 'story';
}

/** The objects of a list of the case: those written there, and those of the files it names, relative to the case. */
async function documentsIn(
  document: SourceDocument,
  key: string,
  written: readonly unknown[],
): Promise<readonly SourceDocument[]> {
  const parts = written.map(async (entry, index): Promise<readonly SourceDocument[]> => {
    if (typeof entry === 'string') return documentsOf(posix.join(posix.dirname(document.source.file), entry));
    return isObject(entry) ? [within(document, [key, index], entry)] : [];
  });
  return (await Promise.all(parts)).flat();
}

/** An object inside the case as a document of its own, which knows its lines in the case's file. */
function within(document: SourceDocument, path: FieldPath, value: SourceDocument['value']): SourceDocument {
  const { line, column } = document.locate(path);
  return {
    kind: 'document',
    source: { ...document.source, line, column },
    value,
    locate: (inside) => document.locate([...path, ...inside]),
    lineText: document.lineText,
  };
}

/** The objects of a file in the folder of cases. */
export async function documentsOf(path: string): Promise<readonly SourceDocument[]> {
  const { entries } = readDocuments(path, await readFile(join(casesFolder, path), 'utf8'));
  return entries.map((entry) => {
    if (entry.kind === 'document') return entry;
    throw new Error(`${path}:${entry.error.line}:${entry.error.column}: ${entry.error.message}`);
  });
}
