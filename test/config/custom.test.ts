import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.ts';
import type { Findings } from '../../src/engine/guardrails/define.ts';
import { formatPath } from '../../src/engine/json/path.ts';
import type { Change } from '../../src/engine/model/change.ts';
import type { CheckContext } from '../../src/engine/model/check-context.ts';
import { refOf } from '../../src/engine/model/object.ts';
import { World } from '../../src/engine/model/world.ts';
import { registry } from './fake-registry.ts';

const noOne = { name: '', groups: [] };

function setWith(rule: { [key: string]: unknown }) {
  const custom = [
    { name: 'mine', message: { en: 'stop', ja: 'だめ' }, path: '$', condition: { exists: true }, ...rule },
  ];
  const text = JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet', spec: { custom } });
  const result = loadConfiguration([{ file: 'f', text }], { registry, now: 0 });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.set;
}

function run(
  rule: { [key: string]: unknown },
  object: unknown,
  changes: Partial<Change> = {},
  world = World.empty('files'),
): Findings {
  const set = setWith(rule);
  const change: Change = {
    operation: 'CREATE',
    ref: refOf(object),
    object,
    oldObject: undefined,
    user: noOne,
    dryRun: false,
    ...changes,
  };
  const context: CheckContext = {
    change,
    policy: undefined,
    oldPolicy: undefined,
    before: world,
    after: world,
    alone: true,
    enforcer: set.enforcer,
    cluster: set.cluster,
    isGuarded: () => true,
    excluded: set.excludedNamespaces,
    ownNamespace: set.ownNamespace,
    byDeployer: false,
    unknownRequester: false,
    webhook: { namespace: 'sekisho-system', service: undefined },
  };
  const own = set.guardrails.at(-1);
  if (own === undefined) throw new Error('no rule');
  return own.configured.check(context);
}

function policy(spec: unknown, namespace = 'shop') {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p', namespace }, spec };
}

/** Where a rule with this path and condition is violated. */
function violations(path: string, condition: unknown, spec: unknown): string[] {
  const { findings, notChecked } = run({ path, condition }, policy(spec));
  expect(notChecked).toEqual([]);
  return findings.map((finding) => formatPath(finding.path));
}

describe('one value', () => {
  it.each([
    [{ equals: 5 }, 5, true],
    [{ equals: 5 }, '5', false],
    [{ equals: { b: [1], a: 2 } }, { a: 2, b: [1] }, true],
    [{ equals: [1, 2] }, [2, 1], false],
    [{ equals: false }, false, true],
    [{ in: ['a', 7, [1]] }, 7, true],
    [{ in: ['a', 7, [1]] }, [1], true],
    [{ in: ['a', 7] }, 'b', false],
    [{ matches: '^team-' }, 'team-a', true],
    [{ matches: 'team' }, 'my-team-a', true],
    [{ matches: '^team-' }, 'my-team-a', false],
    [{ matches: '.*' }, 5, false],
    [{ atLeast: 1000 }, 1000, true],
    [{ atLeast: 1000 }, 999.5, false],
    [{ atLeast: 1000 }, '2000', false],
    [{ atMost: 10 }, 10, true],
    [{ atMost: 10 }, 11, false],
    [{ subsetOf: ['Ingress', 'Egress'] }, ['Ingress'], true],
    [{ subsetOf: ['Ingress', 'Egress'] }, [], true],
    [{ subsetOf: ['Ingress'] }, ['Ingress', 'Egress'], false],
    [{ subsetOf: ['Ingress'] }, 'Ingress', false],
    [{ cidrWithin: '10.0.0.0/8' }, '10.1.0.0/16', true],
    [{ cidrWithin: '10.0.0.0/8' }, '10.0.0.0/8', true],
    [{ cidrWithin: '10.0.0.0/8' }, '10.0.0.0/7', false],
    [{ cidrWithin: ['10.0.0.0/9', '10.128.0.0/9'] }, '10.0.0.0/8', true],
    [{ cidrWithin: '10.0.0.0/8' }, '10.9.8.7', true],
    [{ cidrWithin: '10.0.0.0/8' }, '010.0.0.0/8', false],
    [{ cidrWithin: '::/0' }, '10.0.0.0/8', false],
    [{ cidrWithin: ['fd00::/8'] }, 'fd00:1::/32', true],
    [{ cidrWithin: '0.0.0.0/0' }, 'everything', false],
    [{ not: { equals: 5 } }, 5, false],
    [{ not: { equals: 5 } }, 6, true],
    [{ not: { matches: 'a' } }, 5, true],
    [{ all: [{ atLeast: 1 }, { atMost: 3 }] }, 2, true],
    [{ all: [{ atLeast: 1 }, { atMost: 3 }] }, 4, false],
    [{ any: [{ equals: 1 }, { equals: 2 }] }, 2, true],
    [{ any: [{ equals: 1 }, { equals: 2 }] }, 3, false],
  ])('%j of %j: %s', (condition, value, holds) => {
    expect(violations('$.spec.x', condition, { x: value })).toEqual(holds ? [] : ['spec.x']);
  });
});

describe('several nodes', () => {
  const spec = { list: [{ n: 1 }, { n: 5 }, { n: 9 }] };

  it('must each pass, and each that does not is told', () => {
    expect(violations('$.spec.list[*].n', { atMost: 9 }, spec)).toEqual([]);
    expect(violations('$.spec.list[*].n', { atMost: 4 }, spec)).toEqual(['spec.list[1].n', 'spec.list[2].n']);
    expect(violations('$.spec.list[*].n', { every: { atMost: 4 } }, spec)).toEqual([
      'spec.list[1].n',
      'spec.list[2].n',
    ]);
    expect(violations('$.spec.list[*].n', { none: { atMost: 4 } }, spec)).toEqual(['spec.list[0].n']);
    expect(violations('$.spec.list[*].n', { not: { equals: 5 } }, spec)).toEqual(['spec.list[1].n']);
  });

  it('are enough as one for some, which speaks of all of them', () => {
    expect(violations('$.spec.list[*].n', { some: { equals: 9 } }, spec)).toEqual([]);
    expect(violations('$.spec.list[*].n', { some: { equals: 8 } }, spec)).toEqual(['spec.list[0].n']);
    expect(violations('$.spec.list[*].n', { not: { some: { equals: 9 } } }, spec)).toEqual(['spec.list[0].n']);
    expect(violations('$.spec.list[*].n', { not: { every: { equals: 9 } } }, spec)).toEqual([]);
  });

  it('are told once for each value, at its first place', () => {
    expect(violations('$.spec[*]', { equals: 1 }, [2, 3, 2, 2, 1])).toEqual(['spec[0]', 'spec[1]']);
  });
});

describe('no node', () => {
  it.each([
    [{ exists: true }, ['spec']],
    [{ exists: false }, []],
    [{ equals: 1 }, []],
    [{ not: { equals: 1 } }, []],
    [{ every: { equals: 1 } }, []],
    [{ none: { equals: 1 } }, []],
    [{ some: { equals: 1 } }, ['spec']],
    [{ all: [{ exists: true }, { atLeast: 1 }] }, ['spec']],
    [{ any: [{ exists: true }, { some: { equals: 1 } }] }, ['spec', 'spec']],
    [{ any: [{ exists: false }, { equals: 1 }] }, []],
    [{ not: { exists: false } }, ['spec']],
  ])('%j', (condition, expected) => {
    expect(violations('$.spec.missing', condition, { other: 1 })).toEqual(expected);
    expect(violations('$.spec.missing', condition, { missing: null })).toEqual(
      expected.map((path) => (path === 'spec' ? 'spec.missing' : path)),
    );
  });

  it('and one', () => {
    expect(violations('$.spec.order', { exists: false }, { order: 5 })).toEqual(['spec.order']);
    expect(violations('$.spec.order', { all: [{ exists: true }, { atLeast: 1000 }] }, { order: 5 })).toEqual([
      'spec.order',
    ]);
    expect(violations('$.spec.order', { any: [{ exists: false }, { atLeast: 1000 }] }, { order: 5 })).toEqual([
      'spec.order',
    ]);
    expect(violations('$.spec.order', { any: [{ exists: false }, { atLeast: 1000 }] }, { order: 1000 })).toEqual([]);
  });
});

describe('which changes a rule looks at', () => {
  const rule = { path: '$.spec.order', condition: { exists: true } };
  const object = policy({});
  const count = (extra: object, changes: Partial<Change> = {}, about: unknown = object, world?: World) =>
    run({ ...rule, ...extra }, about, changes, world).findings.length;

  it('is creates and updates, unless it says otherwise', () => {
    expect(count({})).toBe(1);
    expect(count({}, { operation: 'UPDATE', oldObject: object })).toBe(1);
    expect(count({}, { operation: 'DELETE', object: undefined, oldObject: object })).toBe(0);
    expect(count({ match: { operations: ['DELETE'] } })).toBe(0);
    expect(
      count({ match: { operations: ['DELETE'] } }, { operation: 'DELETE', object: undefined, oldObject: object }),
    ).toBe(1);
  });

  it('is those of its kinds, with or without the group', () => {
    expect(count({ match: { kinds: ['NetworkPolicy'] } })).toBe(1);
    expect(count({ match: { kinds: ['NetworkPolicy.networking.k8s.io'] } })).toBe(1);
    expect(count({ match: { kinds: ['NetworkPolicy.projectcalico.org'] } })).toBe(0);
    expect(count({ match: { kinds: ['Tier', 'NetworkPolicy'] } })).toBe(1);
  });

  it('is those of its namespaces', () => {
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { exposure: 'public' } },
    };
    const world = World.empty('files').with(namespace, refOf(namespace));
    const publicOnes = { match: { namespaces: { labels: { exposure: 'public' } } } };
    expect(count(publicOnes)).toBe(0);
    expect(count(publicOnes, {}, object, world)).toBe(1);
    expect(count(publicOnes, {}, policy({}, 'bank'), world)).toBe(0);
    expect(count(publicOnes, {}, namespace, world)).toBe(1);
    expect(count({ match: { namespaces: { names: ['sh*'] } } })).toBe(1);
    const tier = { apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name: 'shop' }, spec: {} };
    expect(count({ match: { namespaces: { names: ['sh*'] } } }, {}, tier)).toBe(0);
    expect(count({}, {}, tier)).toBe(1);
  });
});

describe('what a finding says', () => {
  it('is the message, the fix and the one key', () => {
    const set = setWith({ mode: false, fix: 'order: 1000' });
    const guardrail = set.guardrails.at(-1)?.configured.guardrail;
    expect(guardrail).toMatchObject({ name: 'custom/mine', mode: 'off', keys: { violated: { mode: 'off' } } });
    expect(setWith({}).guardrails.at(-1)?.configured.guardrail.mode).toBe('enforce');
    const [finding] = run(
      { path: '$.spec.order', condition: { exists: true }, fix: 'order: 1000' },
      policy({}),
    ).findings;
    expect(finding).toMatchObject({ guardrail: 'custom/mine', key: 'violated', fix: 'order: 1000', path: ['spec'] });
    expect([finding?.say('en').message, finding?.say('ja').message]).toEqual(['stop', 'だめ']);
  });

  it('falls back to the other language', () => {
    const condition = { exists: false };
    const [en] = run({ message: { en: 'stop' }, condition }, policy({})).findings;
    const [ja] = run({ message: { ja: 'だめ' }, condition }, policy({})).findings;
    expect([en?.say('ja').message, ja?.say('en').message]).toEqual(['stop', 'だめ']);
  });

  it('holds the value, so that an update answers only for new ones', () => {
    const rule = { path: '$.spec.list[*]', condition: { atMost: 4 } };
    const sets = (list: unknown[]) => run(rule, policy({ list })).findings.map(({ set }) => set?.items);
    expect(sets([1, 7, 9])).toEqual([['7'], ['9']]);
    expect(sets(['7'])).toEqual([['"7"']]);
    expect(run({ path: '$.spec.list', condition: { exists: true } }, policy({})).findings[0]?.set?.items).toEqual([
      '<exists>',
    ]);
  });
});

describe('what is too much to look through', () => {
  const many = { list: Array.from({ length: 12_000 }, (_, index) => index) };
  const rule = (condition: unknown) => run({ path: '$.spec.list[*]', condition }, policy(many));

  it('is said not to be checked where the rest could decide', () => {
    expect(rule({ atLeast: 0 })).toEqual({ findings: [], notChecked: ['work-cap'] });
    expect(rule({ some: { equals: -1 } })).toEqual({ findings: [], notChecked: ['work-cap'] });
    expect(rule({ any: [{ equals: -1 }, { equals: -2 }] }).findings).not.toEqual([]);
    expect(rule({ all: [{ exists: true }, { atLeast: 0 }] })).toEqual({ findings: [], notChecked: ['work-cap'] });
    expect(rule({ not: { some: { equals: -1 } } })).toEqual({ findings: [], notChecked: ['work-cap'] });
  });

  it('is decided where what was found decides', () => {
    expect(rule({ exists: true })).toEqual({ findings: [], notChecked: [] });
    expect(rule({ some: { equals: 5 } })).toEqual({ findings: [], notChecked: [] });
    expect(rule({ not: { equals: 5 } }).findings.map(({ path }) => path)).toEqual([['spec', 'list', 5]]);
    expect(rule({ any: [{ exists: false }, { some: { equals: 5 } }] })).toEqual({ findings: [], notChecked: [] });
  });
});
