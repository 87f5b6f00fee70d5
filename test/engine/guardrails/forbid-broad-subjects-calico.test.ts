import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { forbidBroadPorts } from '../../../src/engine/guardrails/forbid-broad-ports.ts';
import { forbidBroadSubjects } from '../../../src/engine/guardrails/forbid-broad-subjects.ts';
import { allow, cnp, deny, gnp, gns, hep, lets, other, pass } from './calico-objects.ts';
import { created, namespace, pod, told, tried } from './trial.ts';

const system = [namespace('kube-system'), pod('kube-system/coredns', { 'k8s-app': 'kube-dns' })];
const judged = (object: object, world: readonly object[] = system) =>
  told(created(forbidBroadSubjects, object, { world })).map((line) => line.split(' ').slice(0, 2).join(' '));
const fixOf = (object: object, key: string, world: readonly object[] = system) => {
  const { findings } = created(forbidBroadSubjects, object, { world });
  return parse(findings.find((one) => one.key === key)?.fix ?? '{}') as Record<string, string>;
};

const someNets = allow({ nets: ['10.1.0.0/24'] }, { protocol: 'TCP', destination: { ports: [80] } });
const names =
  'kube-system kube-public kube-node-lease calico-system calico-apiserver tigera-operator flux-system argocd sekisho-system'.split(
    ' ',
  );
const notSystem = `has(projectcalico.org/name) && projectcalico.org/name not in {${names.map((name) => `'${name}'`).join()}}`;

describe('every-pod and every-namespace', () => {
  it('tell of what is open for all pods', () => {
    expect(judged(cnp({ ingress: [someNets] }))).toEqual(['warn every-pod']);
    expect(judged(cnp({ selector: 'all()', ingress: [someNets] }))).toEqual(['warn every-pod']);
    expect(judged(cnp({ selector: "projectcalico.org/serviceaccount == 'default'", ingress: [someNets] }))).toEqual([
      'warn every-pod',
    ]);
    expect(judged(gnp({ namespaceSelector: "team == 'a'", ingress: [someNets] }))).toEqual(['warn every-pod']);
    expect(judged(gnp({ namespaceSelector: notSystem, ingress: [someNets] }))).toEqual(['warn every-namespace']);
  });

  it('leave alone what is not for all, or opens nothing but DNS', () => {
    expect(judged(cnp({ selector: 'has(app)', ingress: [someNets] }))).toEqual([]);
    expect(judged(cnp({ serviceAccountSelector: 'has(ci)', ingress: [someNets] }))).toEqual([]);
    expect(judged(cnp({ ingress: [deny()] }))).toEqual([]);
    expect(judged(cnp({ ingress: [deny(), someNets] }))).toEqual([]);
    const dns = { action: 'Allow', protocol: 'UDP', destination: { ports: [53] } };
    expect(judged(gnp({ namespaceSelector: notSystem, types: ['Egress'], egress: [dns] }))).toEqual([]);
  });
});

describe('hosts-too', () => {
  it('tells of selectors that a host endpoint without labels is in', () => {
    for (const spec of [{}, { selector: 'all()' }, { selector: "app != 'x'" }, { namespaceSelector: "team != 'a'" }]) {
      expect(judged(gnp({ ...spec, types: ['Ingress'] }))).toContain('warn hosts-too');
    }
  });

  it('offers a selector that leaves hosts out', () => {
    for (const spec of [
      {},
      { selector: "app != 'x'" },
      { namespaceSelector: "projectcalico.org/name != 'a'" },
      { selector: "a != 'b' || !has(c)", namespaceSelector: "x != 'y'" },
    ]) {
      const fix = fixOf(gnp(spec), 'hosts-too');
      expect(judged(gnp({ ...spec, ...fix }))).not.toContain('warn hosts-too');
    }
  });

  it('leaves alone what means pods, or hosts', () => {
    const early = { types: ['Ingress'], applyOnForward: true };
    for (const spec of [
      { selector: 'all()', namespaceSelector: "team != 'a'" },
      { namespaceSelector: 'all()' },
      { selector: "app == 'x'" },
      { selector: 'has(projectcalico.org/namespace)' },
      { selector: '!has(projectcalico.org/namespace)' },
      { selector: 'has(node-role)' },
      { ...early },
      { ...early, preDNAT: true },
      { ...early, doNotTrack: true },
    ]) {
      expect({ spec, found: judged(gnp(spec)) }).toEqual({
        spec,
        found: expect.not.arrayContaining(['warn hosts-too']),
      });
    }
  });

  it('counts the host endpoints of today', () => {
    const { findings } = created(forbidBroadSubjects, gnp({}), { world: [hep('n1', { a: 'b' }), hep('n2', {})] });
    expect(findings.find(({ key }) => key === 'hosts-too')?.say('en').message).toContain('2 today');
  });
});

describe('system-namespaces', () => {
  const cuts = (object: object, world: readonly object[] = system) =>
    judged(object, world).includes('deny system-namespaces');

  it('tells of a policy that isolates system pods, however little it says', () => {
    for (const spec of [
      {},
      { types: ['Egress'] },
      { ingress: [{ action: 'Log' }] },
      { namespaceSelector: 'all()', ingress: [someNets] },
      { namespaceSelector: "projectcalico.org/name == 'kube-system'", ingress: [someNets] },
      { selector: "k8s-app == 'kube-dns'", ingress: [someNets] },
      { selector: "app != 'x'" },
      { namespaceSelector: "projectcalico.org/name not in {'kube-system'}" },
      { namespaceSelector: 'all()', ingress: [deny({ nets: ['192.0.2.1/32'] }), pass()], tier: 'no-such-tier' },
    ]) {
      expect({ spec, cut: cuts(gnp(spec)) }).toEqual({ spec, cut: true });
    }
  });

  it('offers a namespaceSelector that leaves them alone', () => {
    for (const spec of [
      {},
      { namespaceSelector: 'all()' },
      { namespaceSelector: "projectcalico.org/name != 'x'" },
      { selector: "k8s-app == 'kube-dns'" },
    ]) {
      expect(cuts(gnp({ ...spec, ...fixOf(gnp(spec), 'system-namespaces') }))).toBe(false);
    }
  });

  it('lets pass what leaves their traffic as it was', () => {
    const tier = other('Tier', 'early', { order: 1, defaultAction: 'Pass' });
    for (const spec of [
      { namespaceSelector: notSystem },
      { namespaceSelector: "team == 'a'" },
      { selector: "app == 'web'" },
      { namespaceSelector: 'all()', types: ['Ingress'], ingress: [allow()] },
      {
        namespaceSelector: 'all()',
        types: ['Ingress'],
        ingress: [allow({ nets: ['0.0.0.0/0'] }), allow({ nets: ['::/0'] })],
      },
      { namespaceSelector: 'all()', tier: 'early', types: ['Ingress'], ingress: [someNets] },
      {
        namespaceSelector: 'all()',
        tier: 'early',
        types: ['Ingress'],
        ingress: [deny({ selector: "a == 'b' && !has(a)" })],
      },
      { types: ['Ingress'], applyOnForward: true, doNotTrack: true },
    ]) {
      expect({ spec, cut: cuts(gnp(spec), [...system, tier]) }).toEqual({ spec, cut: false });
    }
    expect(
      cuts(gnp({ namespaceSelector: 'all()', tier: 'early', ingress: [deny({ nets: ['192.0.2.0/24'] })] }), [
        ...system,
        tier,
      ]),
    ).toBe(true);
    const staged = { ...gnp({}), kind: 'StagedGlobalNetworkPolicy' };
    expect(cuts(staged)).toBe(false);
  });

  it('looks at what changes alone', () => {
    const wide = gnp({ namespaceSelector: 'all()', types: ['Ingress'], ingress: [someNets] });
    const wider = gnp({
      namespaceSelector: 'all()',
      types: ['Ingress'],
      ingress: [someNets, allow({ nets: ['10.2.0.0/24'] })],
    });
    const keys = (old: object | undefined, object: object | undefined) =>
      told(tried(forbidBroadSubjects, { old, object }, { world: system })).filter((line) =>
        line.includes('system-namespaces'),
      );
    expect(keys(wide, wider)).toEqual([]);
    expect(keys(wider, wide)).toEqual(['deny system-namespaces spec.namespaceSelector']);
    expect(keys(wide, undefined)).toEqual([]);
    expect(keys(undefined, wide)).toEqual(['deny system-namespaces spec.namespaceSelector']);
  });

  it('sees through sets that a Deny chooses', () => {
    const feed = gnp({
      order: 1,
      namespaceSelector: 'all()',
      types: ['Egress'],
      egress: [{ action: 'Deny', destination: { selector: "role == 'bad'" } }, { action: 'Allow' }],
    });
    const pair = {
      old: gns('bad', { role: 'bad' }, ['192.0.2.0/24']),
      object: gns('bad', { role: 'bad' }, ['0.0.0.0/0']),
    };
    expect(told(tried(forbidBroadSubjects, pair, { world: [...system, feed] }))).toEqual([
      'deny system-namespaces spec.nets[0]',
    ]);
  });
});

describe('forbid-broad-ports', () => {
  const ports = (rules: readonly object[]) =>
    told(created(forbidBroadPorts, lets(rules), { world: [gns('s', {}, [])] }));
  const from = { nets: ['10.1.0.0/24'] };

  it('counts what is open after earlier rules', () => {
    expect(ports([allow(from)])).toEqual(['warn every-port spec.ingress[0]']);
    expect(ports([allow(from, { protocol: 'TCP', destination: { ports: ['0:65535'] } })])).toEqual([
      'warn every-port spec.ingress[0].destination.ports',
    ]);
    expect(ports([allow(from, { protocol: 'UDP', destination: { ports: ['1:2000'] } })])).toEqual([
      'warn too-many-ports spec.ingress[0].destination.ports',
    ]);
    expect(ports([allow(from, { protocol: 'TCP', destination: { notPorts: [22] } })])).toEqual([
      'warn too-many-ports spec.ingress[0]',
    ]);
    expect(ports([deny({}, { protocol: 'TCP', destination: { ports: [22] } }), allow(from)])).toEqual([
      'warn too-many-ports spec.ingress[1]',
    ]);
    expect(ports([deny({ nets: ['10.2.0.0/24'] }), allow(from)])).toEqual(['warn every-port spec.ingress[1]']);
  });

  it('leaves alone what is denied before, or given to few', () => {
    expect(ports([deny(), allow(from)])).toEqual([]);
    expect(ports([deny({ nets: ['10.0.0.0/8'] }), allow(from)])).toEqual([]);
    expect(
      ports([
        deny({}, { notProtocol: 'TCP' }),
        deny({}, { protocol: 'TCP', destination: { notPorts: [80] } }),
        allow(from),
      ]),
    ).toEqual([]);
    expect(ports([allow({ nets: ['10.1.0.7/32'] })])).toEqual([]);
    expect(ports([allow({ selector: "app == 'x'", namespaceSelector: "projectcalico.org/name == 'a'" })])).toEqual([]);
    expect(ports([allow(from, { protocol: 'TCP', destination: { ports: ['1:1024'] } })])).toEqual([]);
  });
});

describe('what is told of an every-pod finding', () => {
  it('names a Service, and pods in a network', () => {
    const say = (destination: object) => {
      const object = cnp({ types: ['Egress'], egress: [{ action: 'Allow', destination }] });
      return created(forbidBroadSubjects, object, { world: [gns('s', {}, [])] }).findings.map(
        (one) => one.say('en').message,
      );
    };
    expect(say({ services: { name: 'db', namespace: 'shop' } })).toEqual([
      'every pod of namespace shop may connect to Service shop/db: everything',
    ]);
    expect(say({ selector: "app == 'db'", nets: ['10.1.0.0/24'] })).toEqual([
      'every pod of namespace shop may connect to endpoints app=db of this namespace: everything',
    ]);
  });
});

describe('a set that many policies deny', () => {
  it('is looked at with those alone that decide about pods of the platform', () => {
    const denying = (name: string, spec: object) =>
      gnp(
        { types: ['Egress'], egress: [deny({}, { destination: { selector: "feed == 'a'" } }), pass()], ...spec },
        name,
      );
    const teams = Array.from({ length: 30 }, (_, n) => denying(`team-${n}`, { namespaceSelector: `team == 'a-${n}'` }));
    const old = gns('feed', { feed: 'a' }, ['203.0.113.0/24']);
    const object = gns('feed', { feed: 'a' }, ['203.0.113.0/24', '198.51.100.0/24']);
    const verdict = (policies: readonly object[]) =>
      tried(forbidBroadSubjects, { old, object }, { world: [...system, ...policies], origin: 'cluster' });
    expect([told(verdict(teams)), verdict(teams).notChecked]).toEqual([[], []]);
    expect(told(verdict([...teams, denying('everywhere', { namespaceSelector: 'all()' })]))).toEqual([
      'deny system-namespaces spec.nets[1]',
    ]);
  });
});
