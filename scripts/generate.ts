/**
 * Writes every file that is made from the code: the registry of guardrails, their pages, the JSON Schemas.
 * With --check writes nothing, and fails when a file on disk differs from what it would be.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { guardrailRegistry } from './generate/registry.ts';

const root = resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');

const files = new Map<string, string>();
files.set('src/engine/guardrails/registry.ts', await guardrailRegistry(root));
// The rest is made from the registry, so the registry must be on disk first.
if (!check) await write(files);
const { generatedDocuments } = await import('./generate/documents.ts');
for (const [file, text] of await generatedDocuments(root)) files.set(file, text);

const stale = await write(files, check);
if (check && stale.length > 0) {
  process.stderr.write(`Not up to date: ${stale.join(', ')}. Run \`npm run generate\` and look at the difference.\n`);
  process.exitCode = 1;
}

async function write(wanted: ReadonlyMap<string, string>, onlyCompare = false): Promise<string[]> {
  const different: string[] = [];
  for (const [file, text] of wanted) {
    const path = resolve(root, file);
    const now = await readFile(path, 'utf8').catch(() => undefined);
    if (now === text) continue;
    different.push(relative(root, path));
    if (onlyCompare) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return different;
}
