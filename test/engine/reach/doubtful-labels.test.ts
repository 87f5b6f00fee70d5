import { describe, expect, it } from 'vitest';
import { placed } from '../../../src/engine/check/changes.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';

/** What a pod is known by in Calico hangs on what nobody has seen at work: such answers are unknown, and only those. */

const settings = { enforcer: 'calico', cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses } } as const;
const account = 'a'.repeat(63);

const pod = (name: string, labels: object, serviceAccountName = 'default') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { serviceAccountName },
  status: { podIP: '10.244.1.1' },
});
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } },
  pod('db', { app: 'db' }),
  pod('cache', { app: 'cache' }),
  pod('web', { app: 'web' }),
  pod('liar', { app: 'liar', 'pcns.team': 'b' }),
  pod('long', { app: 'long' }, account),
  pod('short', { app: 'short' }, account.slice(1)),
  ...(
    [
      ['db', { namespaceSelector: 'team == "b"' }],
      ['cache', { serviceAccounts: { names: [account, account.slice(1)] } }],
    ] as const
  ).map(([app, source]) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: { name: app, namespace: 'shop' },
    spec: { selector: `app == "${app}"`, types: ['Ingress'], ingress: [{ action: 'Allow', source }] },
  })),
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: 'team-b' },
    spec: { namespaceSelector: 'team == "b"', types: ['Egress'], egress: [{ action: 'Deny' }] },
  },
];
const world = gather(objects.map((object) => placed(object, undefined, 'default')));
const probe = prober(world, settings);

describe('a pod whose labels may be read in two ways', () => {
  it.each([
    ['web', 'db', 'deny', undefined],
    ['liar', 'db', 'unknown', 'pcns. or pcsa.'],
    ['liar', 'web', 'unknown', 'pcns. or pcsa.'],
    ['web', 'liar', 'allow', undefined],
    ['long', 'cache', 'unknown', '63 characters'],
    ['long', 'db', 'deny', undefined],
    ['short', 'cache', 'allow', undefined],
    ['web', 'cache', 'deny', undefined],
  ])('%s to %s: %s', (from, to, verdict, why) => {
    const answer = probe({ from: `shop/${from}`, to: `shop/${to}`, port: 80 });
    expect(answer).toMatchObject({ ok: true, value: { verdict } });
    const said = answer.ok ? answer.value.why : answer.problem;
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(why);
  });

  it('is unknown in the report too', () => {
    const { unknown, connections } = reachReport(world, settings);
    const pair = (from: string, to: string) => (one: { from: string; to: string }) =>
      one.from === `shop/${from}[Pod]` && one.to === `shop/${to}[Pod]`;
    expect(unknown.filter(pair('liar', 'db'))).toHaveLength(1);
    expect(unknown.filter(pair('long', 'cache'))).toHaveLength(1);
    expect(unknown.filter(pair('web', 'liar'))).toEqual([]);
    expect(connections.filter(pair('short', 'cache'))).toHaveLength(1);
  });
});
