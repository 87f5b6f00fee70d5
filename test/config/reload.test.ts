import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigProblem } from '../../src/config/problem.ts';
import { ConfigurationWatcher, type Watch } from '../../src/config/reload.ts';
import { FolderWatch } from '../../src/webhook/folder-watch.ts';
import { registry } from './fake-registry.ts';

const head = 'apiVersion: sekisho.dev/v1alpha1\n';
const calico = `${head}kind: GuardrailSet\nspec: { enforcer: calico }\n`;
const ovn = calico.replace('calico', 'ovn');
const broken = calico.replace('enforcer', 'enforcr');
const exemption = `${head}kind: Exemption\nmetadata: { name: e }\nspec: { guardrails: [keep-paths], owner: o, reason: r, expires: 2026-11-30 }\n`;

let folder = '';
let now = 0;
let looks: (() => Promise<void>)[] = [];
let told: (readonly ConfigProblem[])[] = [];
let watchers: ConfigurationWatcher[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-reload-'));
  now = Date.UTC(2026, 10, 21);
  looks = [];
  told = [];
  watchers = [];
});

afterEach(async () => {
  for (const watcher of watchers) watcher.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Says nothing by itself; a test looks when it wants to. */
const byHand: Watch = (_files, look) => {
  looks.push(look);
  return { start: () => {}, close: () => {} };
};

async function look(): Promise<void> {
  for (const one of looks) await one();
}

async function open(paths: readonly string[], watch: Watch = byHand) {
  const opened = await ConfigurationWatcher.open({
    registry,
    paths,
    watch,
    clock: () => now,
    onProblems: (problems) => told.push(problems),
  });
  if (opened.ok) watchers.push(opened.watcher);
  return opened;
}

async function opened(paths: readonly string[], watch?: Watch): Promise<ConfigurationWatcher> {
  const result = await open(paths, watch);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.watcher;
}

function at(name: string): string {
  return join(folder, name);
}

describe('opening', () => {
  it('loads files and folders', async () => {
    await mkdir(at('more'));
    await writeFile(at('more/e.yaml'), exemption);
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml'), at('more')]);
    expect(watcher.current()).toMatchObject({ enforcer: 'calico', exemptions: [{ name: 'e' }] });
    expect(watcher.status()).toEqual({ ok: true, problems: [], loadedAt: now });
  });

  it('says why it cannot', async () => {
    await writeFile(at('sekisho.yaml'), broken);
    expect(await open([at('sekisho.yaml')])).toMatchObject({
      ok: false,
      problems: [{ file: at('sekisho.yaml'), line: 3, column: 9, path: 'spec.enforcr' }],
    });
    expect(await open([at('nowhere.yaml')])).toMatchObject({
      ok: false,
      problems: [{ file: at('nowhere.yaml'), message: expect.stringContaining('there is no file or folder') }],
    });
    await mkdir(at('empty'));
    expect(await open([at('empty')])).toMatchObject({
      ok: false,
      problems: [{ file: at('empty'), message: 'there is no .yaml, .yml or .json file here' }],
    });
    await writeFile(at('binary.yaml'), Buffer.from([0x6b, 0xff, 0xfe]));
    expect((await open([at('binary.yaml')])).ok).toBe(false);
  });

  it('takes no paths, and a file without documents, for the built-in guardrails', async () => {
    expect((await opened([])).current().enforcer).toBe('generic');
    await writeFile(at('sekisho.yaml'), '# later\n');
    expect((await opened([at('sekisho.yaml')])).current().enforcer).toBe('generic');
  });

  it.each([
    ['', 1],
    ['# later\n', 1],
    [`${head}kind: GuardrailSet\n`, 0],
    [exemption, 0],
  ])('warns of a file that was named and holds nothing (%j)', async (text, warnings) => {
    await writeFile(at('sekisho.yaml'), text);
    const result = await open([at('sekisho.yaml')]);
    expect(result.ok && result.loaded.warnings).toEqual(
      Array(warnings).fill({
        file: at('sekisho.yaml'),
        line: 1,
        column: 1,
        path: '',
        message: expect.stringContaining('so the built-in guardrails are asked for'),
      }),
    );
    const none = await open([]);
    expect(none.ok && none.loaded.warnings).toEqual([]);
  });
});

describe('a change', () => {
  it('takes effect', async () => {
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml')]);
    now += 1000;
    await writeFile(at('sekisho.yaml'), ovn);
    await look();
    expect(watcher.current().enforcer).toBe('ovn');
    expect(watcher.status()).toEqual({ ok: true, problems: [], loadedAt: now });
  });

  it('of nothing but comments is none', async () => {
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml')]);
    const before = watcher.current();
    await writeFile(at('sekisho.yaml'), `${calico}# why\n`);
    await look();
    expect(watcher.current()).toBe(before);
  });

  it.each([
    ['cannot be read', async () => writeFile(at('sekisho.yaml'), broken), 'unknown key `enforcr`'],
    ['is not YAML', async () => writeFile(at('sekisho.yaml'), `${calico}spec: [`), 'this is not valid YAML'],
    ['is empty', async () => writeFile(at('sekisho.yaml'), ''), 'has lost its GuardrailSet'],
    ['has only comments', async () => writeFile(at('sekisho.yaml'), '# gone\n'), 'has lost its GuardrailSet'],
    ['has only exemptions', async () => writeFile(at('sekisho.yaml'), exemption), 'has lost its GuardrailSet'],
    ['deletes the file', async () => unlink(at('sekisho.yaml')), 'there is no file or folder'],
    [
      'puts a folder in its place',
      async () => {
        await unlink(at('sekisho.yaml'));
        await mkdir(at('sekisho.yaml'));
      },
      'there is no .yaml, .yml or .json file here',
    ],
    [
      'links the file to nowhere',
      async () => {
        await unlink(at('sekisho.yaml'));
        await symlink('nowhere', at('sekisho.yaml'));
      },
      'there is no file or folder',
    ],
    [
      'links the file to itself',
      async () => {
        await unlink(at('sekisho.yaml'));
        await symlink(at('sekisho.yaml'), at('sekisho.yaml'));
      },
      'leads back to itself',
    ],
  ])('that %s leaves the last good one in force, and is told once', async (_what, change, message) => {
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml')]);
    const before = watcher.current();
    await change();
    await look();
    await look();
    expect(watcher.current()).toBe(before);
    expect(told).toEqual([[expect.objectContaining({ message: expect.stringContaining(message) })]]);
    expect(watcher.status()).toEqual({ ok: false, problems: told[0], loadedAt: now });
    await rm(at('sekisho.yaml'), { recursive: true, force: true });
    await writeFile(at('sekisho.yaml'), calico);
    await look();
    expect(watcher.status().ok).toBe(true);
    expect(watcher.current().hash).toBe(before.hash);
  });

  it('may take exemptions away, but not all there is', async () => {
    await writeFile(at('a.yaml'), exemption);
    await writeFile(at('b.yaml'), exemption.replace('name: e', 'name: f'));
    const watcher = await opened([folder]);
    await unlink(at('b.yaml'));
    await look();
    expect(watcher.current().exemptions.map(({ name }) => name)).toEqual(['e']);
    await writeFile(at('a.yaml'), '');
    await look();
    expect(watcher.current().exemptions.map(({ name }) => name)).toEqual(['e']);
    expect(watcher.status().ok).toBe(false);
    await writeFile(at('a.yaml'), `${head}kind: GuardrailSet\n`);
    await look();
    expect(watcher.current().exemptions).toEqual([]);
    expect(watcher.status().ok).toBe(true);
  });

  it('between the first reading and the watching is not missed', async () => {
    await writeFile(at('sekisho.yaml'), calico);
    const changing: Watch = (files, onChange) => {
      const watching = byHand(files, onChange);
      return { ...watching, start: () => writeFileSync(at('sekisho.yaml'), ovn) };
    };
    expect((await opened([at('sekisho.yaml')], changing)).current().enforcer).toBe('ovn');
  });

  it('is no longer heard of after stop', async () => {
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml')]);
    watcher.stop();
    await writeFile(at('sekisho.yaml'), ovn);
    await look();
    expect(watcher.current().enforcer).toBe('calico');
  });
});

describe('real folders', () => {
  const watch: Watch = (files, onChange) => new FolderWatch(files, onChange, { debounce: 10, poll: 50 });

  it('follows a file that is put in the place of another', async () => {
    await writeFile(at('sekisho.yaml'), calico);
    const watcher = await opened([at('sekisho.yaml')], watch);
    await writeFile(at('next'), ovn);
    await rename(at('next'), at('sekisho.yaml'));
    await vi.waitFor(() => expect(watcher.current().enforcer).toBe('ovn'), { timeout: 20_000 });
  });

  it.each(['', 'sekisho.yaml'])('follows a mounted ConfigMap as the kubelet swaps it (%j)', async (name) => {
    await mkdir(at('..2026_a'));
    await writeFile(at('..2026_a/sekisho.yaml'), calico);
    await symlink('..2026_a', at('..data'));
    await symlink('..data/sekisho.yaml', at('sekisho.yaml'));
    const watcher = await opened([name === '' ? folder : at(name)], watch);
    expect(watcher.current().enforcer).toBe('calico');
    await mkdir(at('..2026_b'));
    await writeFile(at('..2026_b/sekisho.yaml'), ovn);
    await symlink('..2026_b', at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    await rm(at('..2026_a'), { recursive: true });
    await vi.waitFor(() => expect(watcher.current().enforcer).toBe('ovn'), { timeout: 20_000 });
    expect(told).toEqual([]);
  });

  it('keeps going while the folder is away', async () => {
    await mkdir(at('config'));
    await writeFile(at('config/sekisho.yaml'), calico);
    const watcher = await opened([at('config')], watch);
    await rename(at('config'), at('away'));
    await vi.waitFor(() => expect(watcher.status().ok).toBe(false), { timeout: 20_000 });
    expect(watcher.current().enforcer).toBe('calico');
    await mkdir(at('config'));
    await writeFile(at('config/sekisho.yaml'), ovn);
    await vi.waitFor(() => expect(watcher.current().enforcer).toBe('ovn'), { timeout: 20_000 });
  });
});
