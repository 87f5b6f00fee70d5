import { describe, expect, it } from 'vitest';
import { describePolicy } from '../../../src/engine/describe/describe.ts';
import type { DescribedDocument } from '../../../src/engine/describe/report.ts';
import { World } from '../../../src/engine/model/world.ts';
import { describeJson } from '../../../src/engine/render/describe-json.ts';
import { describeText } from '../../../src/engine/render/describe-text.ts';
import { clusterFacts, labelled, policyOf } from './policies.ts';

const plain = (text: string) => text;
const paint = { red: plain, yellow: plain, dim: plain, bold: plain };

function described(spec: unknown, line = 1): DescribedDocument {
  const policy = policyOf(spec);
  return {
    kind: 'described',
    source: { file: 'web.yaml', document: 0, item: null, line, column: 1 },
    ref: policy.ref,
    policy,
    facts: describePolicy(policy, World.empty('none'), clusterFacts()),
    world: World.empty('none'),
  };
}

const web = described({
  podSelector: labelled({ app: 'web' }),
  ingress: [{ from: [{ podSelector: labelled({ app: 'front' }) }], ports: [{ port: 80 }] }],
});
const open = described({ podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{}] }], extra: 1 }, 9);
const unread: DescribedDocument = {
  kind: 'error',
  source: { file: 'bad\u001b.yaml', document: 2, item: 3, line: 4, column: 5 },
  ref: undefined,
  error: { message: 'this is\nno YAML', line: 6, column: 7 },
};
const tier: DescribedDocument = {
  kind: 'surrounding',
  source: { file: 'tier.yaml', document: 1, item: null, line: 5, column: 1 },
  ref: { group: 'projectcalico.org', version: 'v3', kind: 'Tier', namespace: undefined, name: 'early' },
  text: { en: 'It is early.', ja: '早い tier です。' },
  problems: [],
};

describe('describeJson', () => {
  it('is the promised document, keys in their order', () => {
    const written: unknown = JSON.parse(describeJson([web], 'en'));
    const expected = {
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'PolicyDescription',
      policies: [
        {
          source: { file: 'web.yaml', document: 0, item: null, line: 1, column: 1 },
          object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'shop', name: 'p' },
          text: 'Pods app=web of namespace shop accept TCP 80 from pods app=front of this namespace; they accept nothing else. What they send is not restricted.',
          subject: { everyPod: false, everyNamespace: false, hosts: false },
          enforced: true,
          ingress: {
            applies: true,
            allowsNothing: false,
            allowsEveryone: false,
            allowsEveryoneAnyPort: false,
            allowsEveryAddress: false,
            allowsEveryPod: false,
            allowsAnyPort: false,
            deniesUnlisted: true,
          },
          egress: {
            applies: false,
            allowsNothing: true,
            allowsEveryone: false,
            allowsEveryoneAnyPort: false,
            allowsEveryAddress: false,
            allowsEveryPod: false,
            allowsAnyPort: false,
            deniesUnlisted: false,
            blocksDNS: false,
          },
          problems: [],
        },
      ],
    };
    expect(JSON.stringify(written)).toBe(JSON.stringify(expected));
  });

  it('gives problems with key, path and message, in the language asked for', () => {
    const problems = (language: 'en' | 'ja') => JSON.parse(describeJson([open], language)).policies[0].problems;
    const known = 'podSelector, policyTypes, ingress, egress';
    expect(problems('en')).toEqual([
      {
        key: 'unknown-field',
        path: 'spec.extra',
        message: `this field is not known and would be dropped; known are ${known}`,
      },
    ]);
    expect(problems('ja')[0].message).toBe(`このフィールドは使えず、無視されます。使えるのは ${known} です`);
  });

  it('has the error in the place of the facts', () => {
    expect(JSON.parse(describeJson([unread], 'en')).policies).toEqual([
      { source: unread.source, object: null, error: { message: 'this is\nno YAML', line: 6, column: 7 } },
    ]);
  });

  it('has what is no policy apart', () => {
    const { policies, surroundings } = JSON.parse(describeJson([web, tier], 'ja'));
    expect(policies).toHaveLength(1);
    expect(surroundings).toEqual([
      {
        source: tier.source,
        object: { apiVersion: 'projectcalico.org/v3', kind: 'Tier', namespace: null, name: 'early' },
        text: '早い tier です。',
        problems: [],
      },
    ]);
  });

  it('is one document without policies too, and ends in a line break', () => {
    expect(JSON.parse(describeJson([], 'ja')).policies).toEqual([]);
    expect(describeJson([web, open], 'en')).toMatch(/\n\}\n$/);
  });

  it('gives the same bytes again', () => {
    expect(describeJson([web, open, unread], 'ja')).toBe(describeJson([web, open, unread], 'ja'));
  });
});

describe('describeText', () => {
  it('tells each policy, its place and what stands out', () => {
    expect(describeText([web, open, tier, unread], 'en', paint)).toBe(
      [
        'NetworkPolicy shop/p web.yaml:1:1',
        '  Pods app=web of namespace shop accept TCP 80 from pods app=front of this namespace; they accept nothing else. What they send is not restricted.',
        '',
        'NetworkPolicy shop/p web.yaml:9:1',
        '  Every pod of namespace shop may send every port of TCP to everyone; it may send nothing else. What it accepts is not restricted. ' +
          'Problem at spec.extra: this field is not known and would be dropped; known are podSelector, policyTypes, ingress, egress.',
        '  egress: allowsEveryoneAnyPort, allowsEveryone, allowsEveryAddress, allowsEveryPod, allowsAnyPort, blocksDNS',
        '',
        'Tier early tier.yaml:5:1',
        '  It is early.',
        '',
        'error bad\\u001b.yaml:6:7',
        '  this is\\u000ano YAML',
        '',
      ].join('\n'),
    );
  });

  it('says so where there is nothing', () => {
    expect(describeText([], 'ja', paint)).toBe('説明するものがありません。\n');
  });
});
