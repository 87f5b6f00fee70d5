import { describe, expect, it } from 'vitest';
import { type CustomRule, customGuardrail } from '../../../src/engine/guardrails/custom.ts';
import { type Condition, examine, type MatchedNodes } from '../../../src/engine/guardrails/custom-condition.ts';
import type { GuardrailSet } from '../../../src/engine/guardrails/guardrail-set.ts';
import { asList, dig } from '../../../src/engine/json/read.ts';
import { judge } from '../../../src/engine/judge.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { emptyBox } from '../../../src/engine/sets/labels.ts';

const none = { kind: 'none', test: () => true } as const;
const five: Condition = { kind: 'every', test: (value) => value === 5 };
const someFive: Condition = { kind: 'some', test: (value) => value === 5 };
const exists: Condition = { kind: 'exists', wanted: true };
const absent: Condition = { kind: 'exists', wanted: false };

function nodes(complete: boolean, ...values: readonly unknown[]): MatchedNodes {
  return { nodes: values.map((value, index) => ({ path: ['list', index], value })), complete, nearest: ['list'] };
}

describe('examine', () => {
  it.each([
    ['every', five, nodes(true, 5, 5), 'holds'],
    ['every', five, nodes(true, 5, 6), 'violated'],
    ['every', five, nodes(false, 5), 'unknown'],
    ['every', five, nodes(false, 6), 'violated'],
    ['some', someFive, nodes(true, 6, 5), 'holds'],
    ['some', someFive, nodes(true, 6), 'violated'],
    ['some', someFive, nodes(true), 'violated'],
    ['some', someFive, nodes(false, 6), 'unknown'],
    ['some', someFive, nodes(false, 5), 'holds'],
    ['none', none, nodes(true), 'holds'],
    ['none', none, nodes(false), 'unknown'],
    ['none', none, nodes(false, 1), 'violated'],
    ['exists', exists, nodes(true, null), 'violated'],
    ['exists', exists, nodes(false), 'unknown'],
    ['exists', exists, nodes(false, 0), 'holds'],
    ['exists: false', absent, nodes(true, null), 'holds'],
    ['exists: false', absent, nodes(true, false), 'violated'],
    ['not', { kind: 'not', condition: someFive }, nodes(true, 6), 'holds'],
    ['not', { kind: 'not', condition: someFive }, nodes(true, 5), 'violated'],
    ['not', { kind: 'not', condition: someFive }, nodes(false, 6), 'unknown'],
    ['all', { kind: 'all', conditions: [exists, five] }, nodes(true), 'violated'],
    ['all', { kind: 'all', conditions: [exists, five] }, nodes(false, 5), 'unknown'],
    ['all', { kind: 'all', conditions: [exists, five] }, nodes(false, 6), 'violated'],
    ['any', { kind: 'any', conditions: [absent, five] }, nodes(true), 'holds'],
    ['any', { kind: 'any', conditions: [absent, five] }, nodes(true, 6), 'violated'],
    ['any', { kind: 'any', conditions: [someFive, five] }, nodes(false, 6), 'unknown'],
  ] satisfies readonly [string, Condition, MatchedNodes, string][])('%s', (_name, condition, matched, answer) => {
    expect(examine(condition, matched).answer).toBe(answer);
  });

  it('tells each wrong value by itself, and what is wrong together once', () => {
    expect(examine(five, nodes(true, 6, 5, { a: 1 }))).toEqual({
      answer: 'violated',
      violations: [
        { path: ['list', 0], item: '6' },
        { path: ['list', 2], item: '{"a":1}' },
      ],
    });
    expect(examine(someFive, nodes(true, 6, 7))).toMatchObject({ violations: [{ path: ['list', 0], item: '<some>' }] });
    expect(examine(exists, nodes(true))).toMatchObject({ violations: [{ path: ['list'], item: '<exists>' }] });
  });
});

/** Ports of a policy at most 100; looks at spec.list. */
const rule: CustomRule = {
  name: 'low-ports',
  mode: 'enforce',
  message: { en: 'too high', ja: '高すぎます' },
  fix: undefined,
  kinds: [],
  operations: ['CREATE', 'UPDATE'],
  namespaces: undefined,
  select: (object) => nodes(true, ...(asList(dig(object, 'spec', 'list')) ?? [])),
  condition: { kind: 'every', test: (value) => typeof value === 'number' && value <= 100 },
};

const set: GuardrailSet = {
  hash: '',
  enforcer: 'generic',
  cluster: {
    podAddresses: noAddresses,
    serviceAddresses: noAddresses,
    nodeAddresses: noAddresses,
    apiServers: [],
    dns: [],
    applicationLayer: false,
  },
  platform: { users: [], groups: [] },
  deployers: { users: [], groups: [] },
  excludedNamespaces: { names: undefined, labels: emptyBox },
  ownNamespace: 'sekisho-system',
  guardrails: [
    { configured: customGuardrail(rule).configure({}), mode: undefined, findings: new Map(), overrides: [] },
  ],
  exemptions: [
    {
      name: 'e',
      guardrails: ['custom/low-ports'],
      objects: [{ kinds: [], namespaces: undefined, names: ['exempt'], labels: { ...emptyBox, empty: false } }],
      owner: 'me',
      reason: 'because',
      notBefore: 0,
      expires: 10,
    },
  ],
};

function policy(list: readonly unknown[], name = 'p') {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec: { list },
  };
}

function verdict(object: unknown, oldObject?: unknown) {
  const before = oldObject === undefined ? World.empty('files') : World.empty('files').with(oldObject, refOf(object));
  const after = before.with(object, refOf(object));
  const operation = oldObject === undefined ? 'CREATE' : 'UPDATE';
  const user = { name: 'u', groups: [] };
  const change = { operation, ref: refOf(object), object, oldObject, user, dryRun: false } as const;
  const { allowed, findings, exemptions } = judge({ change, before, after }, set, 5);
  return { allowed, effects: findings.map(({ effect, path }) => [effect, path.at(-1)]), exemptions };
}

describe('a custom rule in a verdict', () => {
  it('denies what it finds, each value by itself', () => {
    expect(verdict(policy([50]))).toEqual({ allowed: true, effects: [], exemptions: [] });
    expect(verdict(policy([50, 200, 300, 200]))).toMatchObject({
      allowed: false,
      effects: [
        ['deny', 1],
        ['deny', 2],
      ],
    });
  });

  it('answers an update only for what is new, wherever it stands', () => {
    expect(verdict(policy([1, 200]), policy([200]))).toMatchObject({ allowed: true, effects: [['audit', 1]] });
    expect(verdict(policy([200, 300]), policy([200]))).toMatchObject({
      allowed: false,
      effects: [
        ['deny', 1],
        ['audit', 0],
      ],
    });
    expect(verdict(policy([]), policy([200]))).toMatchObject({ allowed: true, effects: [] });
  });

  it('can be exempted by its name', () => {
    expect(verdict(policy([200], 'exempt'))).toEqual({ allowed: true, effects: [['audit', 0]], exemptions: ['e'] });
  });
});
