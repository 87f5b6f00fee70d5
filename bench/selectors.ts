/** Reading Calico selectors and translating them into label boxes, over those that people really wrote. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { selectorBoxes } from '../src/engine/dialects/calico/selector/boxes.ts';
import { parseSelector } from '../src/engine/dialects/calico/selector/parse.ts';

const archive = resolve(import.meta.dirname, '../../shared/corpus/real-world.tar.xz');
const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(58)} ${value}\n`);

const fields = ['selector', 'notSelector', 'namespaceSelector', 'serviceAccountSelector', 'nodeSelector'];

function* selectorsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && fields.includes(key)) yield inner;
    else yield* selectorsIn(inner);
  }
}

/** All documents of a Calico group in a folder; a file that is no YAML has none. */
function* calicoDocuments(folder: string): Generator<unknown> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    if (!text.includes('projectcalico.org/')) continue;
    for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
      if (document.errors.length > 0) continue;
      const value: unknown = document.toJS({ maxAliasCount: 1000 });
      if (typeof value !== 'object' || value === null || !('apiVersion' in value)) continue;
      if (/^(crd\.)?projectcalico\.org\//.test(String(value.apiVersion))) yield value;
    }
  }
}

function microseconds(texts: readonly string[]): readonly number[] {
  return texts
    .map((text) => {
      const began = performance.now();
      const parsing = parseSelector(text);
      if (parsing.ok) selectorBoxes(parsing.selector);
      return (performance.now() - began) * 1000;
    })
    .sort((a, b) => a - b);
}

function measure(texts: readonly string[]): void {
  const parsings = texts.map(parseSelector);
  const refused = parsings.filter((parsing) => !parsing.ok);
  const capped = parsings.filter((parsing) => parsing.ok && !selectorBoxes(parsing.selector).ok);
  print('selectors', `${texts.length}, ${new Set(texts).size} distinct`);
  print('refused, past the work cap', `${refused.length}, ${capped.length}`);
  const first = microseconds([...new Set(texts)]);
  const at = (times: readonly number[], share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  print('read and translated, each distinct one again', `p50 ${at(first, 0.5)}  p99 ${at(first, 0.99)} us`);
  for (let i = 0; i < 20; i += 1) microseconds(texts);
  const warm = microseconds(texts);
  print('read and translated, warm', `p50 ${at(warm, 0.5)}  p99 ${at(warm, 0.99)}  max ${at(warm, 0.99999)} us`);
}

if (existsSync(archive)) {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
  try {
    const { status, stderr } = spawnSync('tar', ['xJf', archive, '-C', folder]);
    if (status !== 0) throw new Error(`the corpus cannot be unpacked: ${stderr}`);
    measure([...calicoDocuments(folder)].flatMap((document) => [...selectorsIn(document)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else print('selectors', 'the corpus (../shared/corpus/real-world.tar.xz) is not here: nothing was measured');
