import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openConfiguration } from '../../src/webhook/configuration.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';

const set = (enforcer: string) =>
  `apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nspec: {enforcer: ${enforcer}}\n`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-configuration-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** What `serve --config PATH` follows, with its own watch of the folder, its log and its metrics. */
async function following(path: string) {
  const lines: { level: number; msg: string; problems?: string[] }[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics({ kinds: [] });
  const configuration = await openConfiguration(
    { config: [path], world: { kind: 'none' }, profile: undefined, service: undefined, language: 'en' },
    { log, metrics, now: Date.now },
  );
  onTestFinished(() => configuration.stop());
  return {
    enforcer: () => configuration.current().enforcer,
    reloaded: async () => (await metrics.registry.metrics()).match(/^sekisho_config_last_reload_success (\d)$/m)?.[1],
    note: () => configuration.condition.note?.(),
    /** What was said to whoever reads warnings and errors. */
    complaints: () => lines.filter(({ level }) => level >= 40),
  };
}

const file = () => join(folder, 'sekisho.yaml');

/** In one step, so that no half of it is ever seen. */
async function replace(text: string): Promise<void> {
  await writeFile(join(folder, 'next'), text);
  await rename(join(folder, 'next'), file());
}

test.each([
  [
    'replaced by a folder',
    async () => {
      await unlink(file());
      await mkdir(file());
    },
    'there is no .yaml, .yml or .json file here',
  ],
  [
    'replaced by a link to nowhere',
    async () => {
      await symlink('nowhere', join(folder, 'link'));
      await rename(join(folder, 'link'), file());
    },
    'there is no file or folder',
  ],
  ['cut to nothing', () => truncate(file()), 'has lost its GuardrailSet'],
  ['removed', () => unlink(file()), 'there is no file or folder'],
])(
  'a file that is %s leaves the last good one in force, says so once, and is heard of again',
  async (_what, harm, why) => {
    await writeFile(file(), set('calico'));
    const followed = await following(file());
    expect(await followed.reloaded()).toBe('1');
    await harm();
    await expect.poll(followed.reloaded).toBe('0');
    expect(followed.enforcer()).toBe('calico');
    expect(followed.note()).toContain(why);
    // The same bytes as before: nothing else is in force, and yet all is well again.
    await rm(file(), { recursive: true, force: true });
    await writeFile(join(folder, 'next'), set('calico'));
    await rename(join(folder, 'next'), file());
    await expect.poll(followed.reloaded).toBe('1');
    expect(followed.note()).toBeUndefined();
    await replace(set('ovn'));
    await expect.poll(followed.enforcer).toBe('ovn');
    const about = followed.complaints().filter(({ problems }) => problems?.join().includes(why));
    expect(about).toHaveLength(1);
    expect(about[0]?.msg).toBe('the new configuration cannot be used; the one before stays in force');
  },
);

test('a mounted ConfigMap that is swapped for a broken one, an empty one and a good one', async () => {
  const swap = async (name: string, text: string | undefined) => {
    await mkdir(join(folder, name));
    if (text !== undefined) await writeFile(join(folder, name, 'sekisho.yaml'), text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await swap('..2026_a', set('calico'));
  await symlink('..data/sekisho.yaml', file());
  const followed = await following(file());
  await swap('..2026_b', set('{'));
  await expect.poll(followed.note).toContain('this is not valid YAML');
  // The key is gone from the ConfigMap, and its link leads nowhere until the kubelet takes it away.
  await swap('..2026_c', undefined);
  await expect.poll(followed.note).toContain('there is no file or folder');
  expect([await followed.reloaded(), followed.enforcer()]).toEqual(['0', 'calico']);
  await swap('..2026_d', set('ovn'));
  await expect.poll(followed.enforcer).toBe('ovn');
  expect([await followed.reloaded(), followed.note()]).toEqual(['1', undefined]);
});

test.each(['', '# later\n'])('a file that holds nothing from the start is served, and warned of (%j)', async (text) => {
  await writeFile(file(), text);
  const followed = await following(file());
  expect([followed.enforcer(), await followed.reloaded()]).toEqual(['generic', '1']);
  expect(followed.complaints().map(({ msg }) => msg)).toEqual([
    `${file()}:1:1: there is no GuardrailSet and no Exemption here, so the built-in guardrails are asked for (an empty GuardrailSet asks for them as well, and without this warning)`,
  ]);
  await replace(set('ovn'));
  await expect.poll(followed.enforcer).toBe('ovn');
});

test('an exemption that has run out is warned of when it comes, as at the start', async () => {
  await writeFile(file(), set('ovn'));
  const followed = await following(file());
  const exemption = `apiVersion: sekisho.dev/v1alpha1\nkind: Exemption\nmetadata: {name: e}\nspec: {guardrails: [keep-dns], owner: o, reason: r, notBefore: 2020-01-01, expires: 2020-02-01}\n`;
  await replace(`${set('ovn')}---\n${exemption}`);
  await expect.poll(() => followed.complaints().map(({ msg }) => msg)).toEqual([expect.stringContaining('2020-02-01')]);
  expect(await followed.reloaded()).toBe('1');
});
