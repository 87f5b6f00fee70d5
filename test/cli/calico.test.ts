import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';

async function sekisho(args: readonly string[], stdin = '') {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    stdin: async () => Buffer.from(stdin),
    env: {},
    cwd: import.meta.dirname,
    outIsTerminal: false,
    now: () => Date.parse('2026-11-21T09:00:00Z'),
  };
  return { code: await run(args, { serve: async () => 0 as const }, io), out, err };
}

const calico = (kind: string, name: string, spec: object, namespace?: string, group = 'projectcalico.org/v3') => ({
  apiVersion: group,
  kind,
  metadata: namespace === undefined ? { name } : { name, namespace },
  spec,
});
const web = { selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Allow' }] };

describe('kinds of Calico at the command line', () => {
  it.each(['en', 'ja'])('explains every guardrail and every key: %s', async (lang) => {
    for (const { name, keys } of registry) {
      for (const what of [name, ...Object.keys(keys).map((key) => `${name}/${key}`)]) {
        const { code, out, err } = await sekisho(['explain', what, '--lang', lang]);
        expect([what, code, err]).toEqual([what, 0, '']);
        expect(out).toContain(what);
      }
    }
  });

  it('checks both groups in one stream', async () => {
    const kubernetes = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    const documents = [
      calico('NetworkPolicy', 'deny', kubernetes, 'shop', 'networking.k8s.io/v1'),
      calico('NetworkPolicy', 'web', web, 'shop'),
    ];
    const { code, out } = await sekisho(
      ['check', '-', '--format', 'json'],
      documents.map((one) => JSON.stringify(one)).join('\n---\n'),
    );
    expect(code).toBe(1);
    expect(JSON.parse(out).documents.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['allow', 'deny']);
  });

  it.each([
    ['FelixConfiguration', calico('FelixConfiguration', 'default', { failsafeInboundHostPorts: [] }), 1],
    ['GlobalNetworkPolicy', calico('GlobalNetworkPolicy', 'web', web), 1],
    ['Tier', calico('Tier', 'calico-system', { order: 5 }), 1],
  ])('checks %s, and what it was', async (_, object, code) => {
    expect((await sekisho(['check', '-'], JSON.stringify(object))).code).toBe(code);
  });

  it.each([
    ['GlobalNetworkPolicy', calico('GlobalNetworkPolicy', 'web', web), 0],
    ['FelixConfiguration', calico('FelixConfiguration', 'default', { failsafeInboundHostPorts: [] }), 0],
    ['Tier', calico('Tier', 'calico-system', { order: 5 }), 1],
  ])('checks the removal of %s', async (_, object, code) => {
    expect((await sekisho(['check', '--delete', '-'], JSON.stringify(object))).code).toBe(code);
  });

  it('answers reviews of both groups, a deletion by the API server of Calico and a dry run', async () => {
    const review = (uid: string, operation: string, group: string, version: string, user: string, dryRun: boolean) => {
      const object = calico('GlobalNetworkPolicy', 'web', web, undefined, `${group}/${version}`);
      const request = {
        uid,
        operation,
        dryRun,
        kind: { group, version, kind: 'GlobalNetworkPolicy' },
        name: 'web',
        userInfo: { username: user, groups: ['system:authenticated'] },
        ...(operation === 'DELETE' ? { object: null, oldObject: object } : { object }),
      };
      return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
    };
    const server = 'system:serviceaccount:calico-apiserver:calico-apiserver';
    const stdin = [
      review('v3', 'CREATE', 'projectcalico.org', 'v3', 'ana', false),
      review('by-hand', 'CREATE', 'crd.projectcalico.org', 'v1', 'ana', false),
      review('second-hop', 'CREATE', 'crd.projectcalico.org', 'v1', server, false),
      review('deleted', 'DELETE', 'crd.projectcalico.org', 'v1', server, false),
      review('dry-run', 'DELETE', 'projectcalico.org', 'v3', 'ana', true),
    ].join('\n');
    const { code, out } = await sekisho(['check', '--review', '-'], stdin);
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).response);
    expect(answers.map(({ uid, allowed }: { uid: string; allowed: boolean }) => [uid, allowed])).toEqual([
      ['v3', false],
      ['by-hand', false],
      ['second-hop', true],
      ['deleted', true],
      ['dry-run', true],
    ]);
    expect(code).toBe(1);
  });

  it('tells of a file nested without end at one place, and ends with 2', async () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    const { code, out, err } = await sekisho(['check', '-'], deep);
    expect([code, out + err]).toEqual([2, '-:1:1: error: this is nested too deeply to be read\n']);
  });
});
