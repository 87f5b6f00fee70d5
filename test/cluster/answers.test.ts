import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/cluster/reason.ts';
import { refusalOfAnswer, refusalOfEvent } from '../../src/cluster/refusal.ts';
import { resourceName, resourcePath } from '../../src/cluster/resource.ts';
import { goesBack, parseWatchEvent } from '../../src/cluster/watch-event.ts';
import { withoutManagedFields } from '../../src/cluster/without-managed-fields.ts';
import { networkPolicies } from './mirrored.ts';

const pods = { group: '', version: 'v1', plural: 'pods' };

test('a resource is found and named as Kubernetes does', () => {
  expect(resourcePath(pods)).toBe('/api/v1/pods');
  expect(resourceName(pods)).toBe('pods');
  expect(resourcePath(networkPolicies)).toBe('/apis/networking.k8s.io/v1/networkpolicies');
  expect(resourceName(networkPolicies)).toBe('networkpolicies.networking.k8s.io');
});

test('whatever a line holds, it is a watch event or nothing', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'x', 7), object: fc.jsonValue() })
      .map((event) => JSON.stringify(event)),
  );
  fc.assert(
    fc.property(anything, (line) => {
      const event = parseWatchEvent(line);
      if (event !== undefined && event.type !== 'error') expect(event.version).not.toBe('');
    }),
  );
  expect(parseWatchEvent('[')).toBeUndefined();
  expect(parseWatchEvent('{"type":"ADDED","object":{"metadata":{"resourceVersion":7}}}')).toBeUndefined();
  expect(parseWatchEvent('{"__proto__":{"type":"ERROR","object":{}}}')).toBeUndefined();
  expect(parseWatchEvent('{"type":"DELETED","object":{"metadata":{"resourceVersion":"7"}}}')).toEqual({
    type: 'removed',
    object: { metadata: { resourceVersion: '7' } },
    version: '7',
  });
});

test('versions are compared as numbers, however long, and not at all where they are none', () => {
  expect(goesBack('9', '10')).toBe(false);
  expect(goesBack('10', '9')).toBe(true);
  expect(goesBack('10', '10')).toBe(false);
  expect(goesBack('90071992547409930', '90071992547409929')).toBe(true);
  expect(goesBack('10/4', '9/5')).toBe(false);
  expect(goesBack('10', '')).toBe(false);
});

test('a refusal is read from whatever came with it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), fc.jsonValue(), fc.string(), (status, body, retryAfter) => {
      const answer = { status, headers: { 'retry-after': retryAfter }, body };
      const refusal = refusalOfAnswer('list', pods, answer);
      expect(refusal.message).not.toMatch(/[\r\n]/);
      expect(refusal.message.length).toBeLessThan(600);
      expect(refusal.kind).toBe(status === 410 ? 'expired' : status === 404 ? 'absent' : 'failed');
      if (refusal.kind === 'failed') {
        expect(refusal.retryAfter).toBeGreaterThanOrEqual(0);
        expect(refusal.retryAfter).toBeLessThanOrEqual(60_000);
      }
    }),
  );
  expect(refusalOfEvent(pods, { code: 410 }).kind).toBe('expired');
  expect(refusalOfEvent(pods, 'nonsense')).toEqual({
    kind: 'failed',
    message: 'The API server broke off the watch of pods (0)',
    relist: true,
    retryAfter: 0,
  });
});

test('a reason is one line, whatever was thrown', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
      expect(reasonOf(thrown)).toMatch(/^[^\n]+$/);
    }),
  );
  expect(reasonOf(new AggregateError([], ''))).toBe('unknown error');
  expect(reasonOf(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))).toBe(
    'the connection was refused (ECONNREFUSED)',
  );
  expect(reasonOf(Object.assign(new Error(''), { code: 'EODD' }))).toBe('EODD');
  expect(reasonOf(new Error(`a\n b${'c'.repeat(1_000)}`))).toHaveLength(301);
});

test('managed fields are left out, and nothing else', () => {
  const object = JSON.parse('{"__proto__":{"a":1},"metadata":{"name":"x","managedFields":[{}],"__proto__":{"b":2}}}');
  const kept = withoutManagedFields(object);
  expect(JSON.stringify(kept)).toBe('{"__proto__":{"a":1},"metadata":{"name":"x","__proto__":{"b":2}}}');
  expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  for (const odd of [null, undefined, 'text', 7, [], {}, { metadata: null }, { metadata: [] }]) {
    expect(withoutManagedFields(odd)).toBe(odd);
  }
});
