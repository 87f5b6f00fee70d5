import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences } from '../../../src/engine/install/differences.ts';
import { type RegisteredEntry, readEntries } from '../../../src/engine/install/registered.ts';
import { webhookConfiguration } from '../../../src/engine/render/registration.ts';

const decode = (text: string) => Buffer.from(text, 'base64').toString();

function wanted(failurePolicy: 'Ignore' | 'Fail' = 'Ignore'): readonly RegisteredEntry[] {
  const configuration = webhookConfiguration({
    client: { service: { namespace: 'sekisho-system', name: 'sekisho' } },
    ca: undefined,
    failurePolicy,
    excludedNamespaces: ['kube-system', 'sekisho-system'],
    ownNamespace: 'sekisho-system',
  });
  return readEntries(configuration, decode);
}

/** The differences where the first entry, that of policies, is changed. */
function changed(change: Partial<RegisteredEntry>) {
  const [first, ...rest] = wanted('Fail');
  return differences([{ ...first!, ...change }, ...rest], wanted(), 'sekisho-system').map(({ entry, ...rest }) => {
    expect(entry).toBe('policies.sekisho.dev');
    return rest;
  });
}

describe('a registration', () => {
  it('that this version would make has no differences, and failurePolicy of policies is free', () => {
    expect(wanted()).toHaveLength(5);
    expect(differences(wanted('Ignore'), wanted(), 'sekisho-system')).toEqual([]);
    expect(differences(wanted('Fail'), wanted(), 'sekisho-system')).toEqual([]);
  });

  it('may be wider without leaving anything out, as the API server reads stars', () => {
    const all = [{ operation: '*', group: '*', version: '*', resource: '*', scope: '*' }];
    const vain = { key: 'asked-in-vain', severity: 'error', requests: ['* *.*/*'] };
    expect(changed({ asked: all })).toEqual([vain]);
    expect(changed({ asked: all, failurePolicy: 'Ignore' })).toEqual([{ ...vain, severity: 'warn' }]);
  });

  it('that leaves the own namespace to itself where nobody must wait for it', () => {
    const excluded = ['kube-system'];
    const vain = { key: 'namespaces-asked-in-vain', severity: 'warn', namespaces: ['sekisho-system'] };
    expect(changed({ excluded, failurePolicy: 'Ignore' })).toEqual([vain]);
    expect(changed({ excluded })).toEqual([
      { key: 'own-namespace-waits', severity: 'error', namespace: 'sekisho-system' },
      vain,
    ]);
  });

  it('that selects namespaces in a way that is not ours', () => {
    const [{ key, field } = { key: '', field: '' }] = changed({ excluded: undefined }) as {
      key: string;
      field: string;
    }[];
    expect([key, field]).toEqual(['field-differs', 'namespaceSelector']);
  });

  it.each(['matchPolicy', 'sideEffects', 'timeoutSeconds'] as const)('that differs in %s', (field) => {
    expect(changed({ [field]: field === 'timeoutSeconds' ? 30 : 'Some' })).toMatchObject([
      { key: 'field-differs', field },
    ]);
  });

  it('that leads one entry elsewhere, or asks under one more condition', () => {
    expect(changed({ client: { url: 'https://192.0.2.1/' } })).toMatchObject([{ field: 'clientConfig' }]);
    expect(changed({ conditions: [{ name: 'never', expression: 'false' }] })).toMatchObject([
      { field: 'matchConditions', found: 'never: false', wanted: '' },
    ]);
  });
});

it('anything can be read as a registration', () => {
  fc.assert(
    fc.property(fc.anything(), fc.array(fc.anything()), (any, webhooks) => {
      for (const value of [
        any,
        { webhooks },
        { webhooks: [{ rules: webhooks, clientConfig: any, namespaceSelector: any }] },
      ]) {
        const found = differences(readEntries(value, decode), wanted(), 'sekisho-system');
        expect(found.length).toBeGreaterThan(0);
      }
    }),
  );
});
