import { describe, expect, test } from 'vitest';
import { readFlows } from '../../../src/engine/guardrails/settings.ts';
import type { CheckContext } from '../../../src/engine/model/check-context.ts';
import type { FlowSpec } from '../../../src/engine/model/flow-spec.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { cutFlow, type FlowsAnswer, openedFlow } from '../../../src/engine/reach/changed-flows.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { readCidr } from '../../../src/engine/sets/cidr.ts';
import { everyLabels } from '../../../src/engine/sets/labels.ts';
import { namespace, pod, worldOf } from './cluster.ts';

/** What a change of Calico's kinds opens and closes of the flows that an organisation names. */

interface Named {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

function object({ apiVersion = 'projectcalico.org/v3', kind, name, namespace: own, labels, spec }: Named): object {
  return { apiVersion, kind, metadata: { name, ...(own && { namespace: own }), ...(labels && { labels }) }, spec };
}

const global = (name: string, spec: object) => object({ kind: 'GlobalNetworkPolicy', name, spec });
const set = (name: string, nets: readonly string[], labels: Readonly<Record<string, string>>) =>
  object({ kind: 'GlobalNetworkSet', name, labels, spec: { nets } });

const podCidr = readCidr('10.0.0.0/16');
const cluster = {
  podAddresses: podCidr.ok ? podCidr.addresses : noAddresses,
  serviceAddresses: noAddresses,
  nodeAddresses: noAddresses,
  apiServers: [],
  dns: [],
  applicationLayer: false,
};

const shop = [
  namespace('shop', { team: 'a' }),
  namespace('pay', { team: 'b' }),
  pod('shop/web', { ips: ['10.0.0.1'] }),
  pod('pay/db', { ips: ['10.0.1.1'] }),
];

interface Given {
  readonly world?: readonly object[];
  readonly old?: object;
  readonly now?: object;
}

function context({ world = [], old, now }: Given): CheckContext {
  const all = [...shop, ...world];
  const subject = now ?? old;
  if (subject === undefined) throw new Error('no change');
  const key = JSON.stringify(refOf(subject));
  const others = all.filter((one) => JSON.stringify(refOf(one)) !== key);
  return {
    change: {
      operation: old === undefined ? 'CREATE' : now === undefined ? 'DELETE' : 'UPDATE',
      ref: refOf(subject),
      object: now,
      oldObject: old,
      dryRun: false,
      user: { name: 'ana', groups: [] },
    } as unknown as CheckContext['change'],
    policy: undefined,
    oldPolicy: undefined,
    before: worldOf(...others, ...(old === undefined ? [] : [old])),
    after: worldOf(...others, ...(now === undefined ? [] : [now])),
    alone: false,
    enforcer: 'calico',
    cluster,
    isGuarded: () => true,
    excluded: { names: undefined, labels: everyLabels },
    ownNamespace: 'sekisho',
    byDeployer: false,
    unknownRequester: false,
    webhook: { namespace: 'sekisho', service: undefined },
  };
}

function flow(from: object, to: object, port = 5432): FlowSpec {
  const [spec] = readFlows([{ name: 'x', from, to, protocol: 'TCP', ports: [port] }]);
  if (spec === undefined) throw new Error('no flow');
  return spec;
}

const inShop = { namespaces: { names: ['shop'] } };
const inPay = { namespaces: { names: ['pay'] } };
const office = { cidr: '203.0.113.0/24' };

function told(answer: FlowsAnswer): string {
  if (answer.answer === 'some') return `${answer.flow.from.name} -> ${answer.flow.to.name}`;
  return answer.answer === 'unknown' ? `unknown ${answer.because}` : answer.answer;
}

const cut = (given: Given, spec = flow(inShop, inPay)) => told(cutFlow(context(given), spec));
const opened = (given: Given, spec = flow(inShop, inPay)) => told(openedFlow(context(given), spec));

const closed = global('closed', { order: 100, selector: 'all()', namespaceSelector: 'all()', types: ['Ingress'] });

describe('a cluster policy', () => {
  const denies = global('denies', { selector: "app == 'db'", types: ['Ingress'], ingress: [{ action: 'Deny' }] });
  const others = global('others', { selector: "app == 'x'", types: ['Ingress'], ingress: [{ action: 'Deny' }] });
  const allows = global('allows', {
    selector: "app == 'db'",
    types: ['Ingress'],
    ingress: [{ action: 'Allow', source: { selector: "app == 'web'" } }],
  });

  test.each([
    ['that denies cuts', { now: denies }, 'shop/web -> pay/db'],
    ['about others does not', { now: others }, 'none'],
    ['that allows, deleted, cuts where the tier ends in deny', { world: [closed], old: allows }, 'shop/web -> pay/db'],
    ['deleted where nothing else isolates does not cut', { old: denies }, 'none'],
    [
      'that denies decides nothing behind an earlier tier that allows',
      {
        world: [
          object({ kind: 'Tier', name: 'first', spec: { order: 1 } }),
          global('first.all', { tier: 'first', ingress: [{ action: 'Allow' }], types: ['Ingress'] }),
        ],
        now: denies,
      },
      'none',
    ],
  ])('%s', (_, given, expected) => {
    expect(cut(given)).toBe(expected);
  });

  test.each([
    ['that allows opens', { world: [closed], now: allows }],
    ['that denies, deleted, opens', { old: denies }],
  ])('%s', (_, given) => {
    expect(opened(given)).toMatch(/^shop\/.* -> pay\/.*$/);
  });

  test('that allows others opens nothing', () => {
    const toWeb = { namespaces: { names: ['shop'] }, pods: { labels: { app: 'web' } } };
    expect(opened({ world: [closed], now: allows }, flow(inPay, toWeb))).toBe('none');
  });

  test('of a service account opens for pods that run as it', () => {
    const robots = global('robots', {
      types: ['Ingress'],
      selector: "app == 'db'",
      ingress: [{ action: 'Allow', source: { serviceAccounts: { names: ['robot'] } } }],
    });
    expect(opened({ world: [closed], now: robots })).toMatch(/^shop\/.* -> pay\/.*$/);
    expect(cut({ world: [closed], old: robots })).toBe('none');
  });

  test('that excepts endpoints opens for all the rest', () => {
    const rest = global('rest', {
      types: ['Ingress'],
      selector: "app == 'db'",
      ingress: [{ action: 'Allow', source: { notSelector: "app == 'web'" } }],
    });
    const fromWeb = flow({ namespaces: { names: ['shop'] }, pods: { labels: { app: 'web' } } }, inPay);
    expect(opened({ world: [closed], now: rest }, fromWeb)).toBe('none');
    expect(opened({ world: [closed], now: rest })).toMatch(/^shop\/.* -> pay\/.*$/);
    expect(opened({ world: [closed], now: rest }, flow(office, inPay))).toMatch(/^203\.0\.113\.\d+ -> pay\/.*$/);
  });
});

describe('a tier', () => {
  const guard = global('guard.deny', {
    tier: 'guard',
    selector: "app == 'db'",
    types: ['Ingress'],
    ingress: [{ action: 'Deny' }],
  });
  const allow = global('allow', { selector: "app == 'db'", types: ['Ingress'], ingress: [{ action: 'Allow' }] });
  const tier = (order: number) => object({ kind: 'Tier', name: 'guard', spec: { order } });

  test('moved behind another one opens', () => {
    expect(opened({ world: [guard, allow], old: tier(100), now: tier(2_000_000) })).toMatch(/^shop\/.* -> pay\/.*$/);
  });

  test('moved in front of another one cuts', () => {
    expect(cut({ world: [guard, allow], old: tier(2_000_000), now: tier(100) })).toBe('shop/web -> pay/db');
  });

  test('that no policy is in changes nothing', () => {
    const lone = (order: number) => object({ kind: 'Tier', name: 'lone', spec: { order } });
    expect(cut({ world: [guard, allow, tier(2_000_000)], old: lone(1), now: lone(2) })).toBe('none');
  });
});

describe('a network set', () => {
  const world = [
    closed,
    global('office', {
      selector: "app == 'db'",
      types: ['Ingress'],
      ingress: [{ action: 'Allow', source: { selector: "where == 'office'" } }],
    }),
  ];
  const narrow = set('office', ['203.0.113.0/25'], { where: 'office' });
  const wide = set('office', ['203.0.113.0/24'], { where: 'office' });
  const fromOffice = flow(office, inPay);

  test('that grows opens for the addresses that come in', () => {
    expect(opened({ world, old: narrow, now: wide }, fromOffice)).toMatch(/^203\.0\.113\.(12[89]|1[3-9]\d|2\d\d) -> /);
    expect(opened({ world, old: narrow, now: wide }, flow({ cidr: '203.0.113.0/25' }, inPay))).toBe('none');
  });

  test('that shrinks, or loses the label, cuts', () => {
    expect(cut({ world, old: wide, now: narrow }, fromOffice)).toMatch(
      /^203\.0\.113\.(12[89]|1[3-9]\d|2\d\d) -> pay\/db$/,
    );
    expect(cut({ world, old: narrow, now: set('office', ['203.0.113.0/25'], {}) }, fromOffice)).toMatch(/ -> pay\/db$/);
  });

  test('that no rule chooses changes nothing', () => {
    const other = (net: string) => set('other', [net], { where: 'elsewhere' });
    expect(opened({ world, old: other('1.2.3.4/32'), now: other('203.0.113.0/24') }, fromOffice)).toBe('none');
  });

  test('is chosen by the labels of its namespace, too', () => {
    const byTeam = global('team', {
      selector: "app == 'db'",
      types: ['Ingress'],
      ingress: [{ action: 'Allow', source: { namespaceSelector: "team == 'a'" } }],
    });
    const own = object({ kind: 'NetworkSet', name: 'own', namespace: 'far', spec: { nets: ['203.0.113.0/24'] } });
    const given = { world: [closed, byTeam, own], old: namespace('far'), now: namespace('far', { team: 'a' }) };
    expect(opened(given, fromOffice)).toMatch(/^203\.0\.113\.\d+ -> pay\/.*$/);
    expect(cut({ ...given, old: given.now, now: given.old }, fromOffice)).toMatch(/ -> pay\/db$/);
  });
});

describe('hosts', () => {
  const host = object({
    kind: 'HostEndpoint',
    name: 'n1',
    labels: { role: 'node' },
    spec: { node: 'n1', interfaceName: 'eth0', expectedIPs: ['192.0.2.1'] },
  });
  const toNodes = flow(inShop, { hosts: "role == 'node'" });
  const egress = (action: string) =>
    object({
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkPolicy',
      name: 'out',
      namespace: 'shop',
      spec: { selector: 'all()', types: ['Egress'], egress: [{ action, destination: { nets: ['192.0.2.0/24'] } }] },
    });

  test('are chosen by a Calico selector, and what governs them is not known', () => {
    expect(cut({ world: [host], now: egress('Deny') }, toNodes)).toBe('unknown no-cluster-facts');
    expect(cut({ world: [host], now: egress('Allow') }, toNodes)).toBe('none');
    expect(cut({ world: [], now: egress('Deny') }, toNodes)).toBe('nobody');
  });

  test('a selector that Calico refuses is said aloud', () => {
    const bad = flow(inShop, { hosts: 'role = node' });
    expect(cut({ world: [host], now: egress('Deny') }, bad)).toBe('unknown unsupported-field');
    expect(opened({ world: [host], now: egress('Deny') }, bad)).toBe('unknown unsupported-field');
  });
});

test('past the work cap nothing is claimed', () => {
  const world = Array.from({ length: 300 }, (_, index) => namespace(`n${index}`, { kind: 'many' }));
  const given = { world, now: global('x', { ingress: [{ action: 'Deny' }], types: ['Ingress'] }) };
  expect(opened(given, flow({ namespaces: { labels: { kind: 'many' } } }, inPay))).toBe('unknown work-cap');
});
