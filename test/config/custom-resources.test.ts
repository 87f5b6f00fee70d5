import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestText } from '../../src/cli/manifests.ts';
import { customResourceDefinitions } from '../../src/config/custom-resources.ts';
import { registry as allGuardrails } from '../../src/engine/guardrails/registry.ts';
import { asList, dig, field, isObject } from '../../src/engine/json/read.ts';
import { registry } from './fake-registry.ts';

const definitions = customResourceDefinitions(registry);
const schemaOf = (kind: string): unknown => {
  const one = definitions.find((definition) => dig(definition, 'spec', 'names', 'kind') === kind);
  return dig(asList(dig(one, 'spec', 'versions'))?.[0], 'schema', 'openAPIV3Schema');
};
const property = (schema: unknown, ...path: readonly string[]): unknown =>
  path.reduce((at, name) => (name === '[]' ? field(at, 'items') : dig(at, 'properties', name)), schema);

/** Every schema in it, by its place. */
function everySchema(schema: unknown, place: string): readonly (readonly [string, unknown])[] {
  const inside = Object.entries(Object(field(schema, 'properties'))).map(
    ([name, one]) => [`${place}.${name}`, one] as const,
  );
  for (const key of ['items', 'additionalProperties']) {
    const one = field(schema, key);
    if (isObject(one)) inside.push([`${place}.${key}`, one]);
  }
  return [[place, schema], ...inside.flatMap(([at, one]) => everySchema(one, at))];
}

describe('the definitions', () => {
  const all = customResourceDefinitions(allGuardrails).flatMap((one) =>
    everySchema(
      dig(asList(dig(one, 'spec', 'versions'))?.[0], 'schema', 'openAPIV3Schema'),
      String(dig(one, 'metadata', 'name')),
    ),
  );

  it('have no keyword that a structural schema must not have', () => {
    expect(all.length).toBeGreaterThan(500);
    const foreign = ['$ref', 'allOf', 'const', 'default', 'definitions', 'propertyNames', 'uniqueItems', 'examples'];
    for (const [place, schema] of all) {
      for (const key of foreign) expect(field(schema, key), `${place} ${key}`).toBeUndefined();
      expect(field(schema, 'additionalProperties'), place).not.toBe(false);
      const open = field(schema, 'x-kubernetes-int-or-string') ?? field(schema, 'x-kubernetes-preserve-unknown-fields');
      expect(field(schema, 'type') ?? open, place).toBeDefined();
    }
  });

  it('are written so that kubectl, which reads older YAML, reads them alike', () => {
    for (const one of customResourceDefinitions(allGuardrails)) {
      const text = manifestText(one);
      expect(parse(text, { version: '1.1' })).toEqual(one);
      // As an annotation, client-side apply keeps all of it, in at most 256 KiB.
      expect(JSON.stringify(one).length).toBeLessThan(200_000);
    }
  });

  it('allow what several spellings allow, and say the defaults without storing any', () => {
    const spec = property(schemaOf('GuardrailSet'), 'spec');
    const doors = property(spec, 'guardrails', 'forbid-doors');
    expect(property(doors, 'mode')).toMatchObject({
      enum: ['enforce', 'warn', 'audit', 'off', false],
      'x-kubernetes-preserve-unknown-fields': true,
    });
    expect(property(doors, 'settings', 'maxPorts')).toEqual({
      description: 'How many. Default: 1024.',
      type: 'integer',
      minimum: 0,
    });
    expect(property(doors, 'settings', 'maxAddresses', 'ipv4')).toEqual({
      'x-kubernetes-int-or-string': true,
      minimum: 0,
      maximum: 32,
      pattern: expect.any(String),
    });
    const condition = property(spec, 'custom', '[]', 'condition');
    expect(property(condition, 'matches')).toMatchObject({ type: 'string' });
    expect(property(condition, 'not')).toMatchObject({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
    expect(property(condition, 'every', 'equals')).toMatchObject({ 'x-kubernetes-preserve-unknown-fields': true });
  });

  it('know every guardrail and finding by name, in a rule with words', () => {
    const names = property(schemaOf('Exemption'), 'spec', 'guardrails', '[]');
    const [rule] = asList(field(names, 'x-kubernetes-validations')) ?? [];
    expect(field(rule, 'rule')).toContain("'forbid-doors', 'forbid-doors/wide', 'forbid-doors/narrow', 'keep-paths'");
  });
});
