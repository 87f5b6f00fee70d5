import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { configurations, localLinks, readPage, type ShownCommand, shownCommands, writeFiles } from './examples.ts';

const root = resolve(import.meta.dirname, '../..');
const now = Date.parse('2026-12-01T00:00:00Z');

const decisions = await readdir(join(root, 'docs/decisions'));
const runbooks = await readdir(join(root, 'docs/runbooks'));
const pages = [
  ...[
    'README.md',
    'README.ja.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'certs/README.md',
    'deploy/README.md',
    'docs/configuration.md',
    'docs/gitops.md',
    'test/gitops-clients/README.md',
  ],
  ...decisions.map((name) => `docs/decisions/${name}`),
  ...runbooks.map((name) => `docs/runbooks/${name}`),
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-docs-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(pages)('%s', (file) => {
  it('leads to files that are there', async () => {
    const missing: string[] = [];
    for (const target of localLinks(await readPage(root, file))) {
      await access(resolve(root, dirname(file), target)).catch(() => missing.push(target));
    }
    expect(missing).toEqual([]);
  });

  it('shows configurations that can be loaded', async () => {
    for (const text of configurations(await readPage(root, file))) {
      const loaded = loadConfiguration([{ file, text }], { registry, now });
      expect(loaded.ok ? [] : loaded.problems).toEqual([]);
    }
  });
});

describe.each(['README.md', 'README.ja.md'])('the examples of %s', async (file) => {
  const page = await readPage(root, file);
  const commands = shownCommands(page);

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(3);
  });

  it.each(commands.map((one) => [one.line, one] as const))('%s prints what the page says', async (_line, command) => {
    const names = await writeFiles(page, folder);
    expect(names).toContain('web.yaml');
    const printed = await printedBy(command, names);
    expect(printed).toSatisfy(
      (lines: string[]) => isShown(lines, command.shown),
      `printed:\n${printed.join('\n')}\nshown:\n${command.shown.join('\n')}`,
    );
  });

  it('is followed by a table of all guardrails', () => {
    const linked = [...page.matchAll(/^\| \[`([a-z-]+)`\]\(docs\/guardrails\/([a-z-]+)\.md\)/gm)];
    expect(linked.map(([, name]) => name).toSorted()).toEqual(registry.map(({ name }) => name).toSorted());
    expect(linked.map(([, , target]) => target)).toEqual(linked.map(([, name]) => name));
  });
});

/** Runs a command as somebody at a terminal would, in the folder of the files that the page had them save. */
async function printedBy({ line }: ShownCommand, names: readonly string[]): Promise<string[]> {
  const args = line
    .split(' ')
    .slice(1)
    .filter((word, at, all) => word !== '--ca' && all[at - 1] !== '--ca');
  let text = '';
  const print = (more: string): void => {
    text += more;
  };
  await run(
    args.map((word) => (names.includes(word) ? join(folder, word) : word)),
    { serve: async () => 0 },
    {
      out: print,
      err: print,
      stdin: async () => Buffer.alloc(0),
      env: { NO_COLOR: '1' },
      cwd: folder,
      outIsTerminal: true,
      now: () => now,
    },
  );
  return text.replaceAll(`${folder}/`, '').trimEnd().split('\n');
}

/** Whether the lines are those that are shown, with any lines where `…` stands. */
function isShown(lines: readonly string[], shown: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return lines.length === 0;
  if (first !== '…') return lines[0] === first && isShown(lines.slice(1), rest);
  return lines.some((_, at) => isShown(lines.slice(at), rest)) || isShown([], rest);
}
