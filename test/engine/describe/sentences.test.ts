import { describe, expect, it } from 'vitest';
import { policyText } from '../../../src/engine/describe/sentences.ts';
import type { Policy, Rule } from '../../../src/engine/model/policy.ts';
import type { Language } from '../../../src/engine/words/language.ts';
import { labelled, policyOf } from './policies.ts';
import { scenarioTexts } from './scenario-texts.ts';
import { scenarios } from './scenarios.ts';

const languages: readonly Language[] = ['en', 'ja'];

describe('policyText', () => {
  const named = scenarios.map(([name, spec, namespace]) => ({ name, spec, namespace }));

  it.each(named)('says what is meant: $name', ({ name, spec, namespace }) => {
    const policy = policyOf(spec, namespace);
    const said = { en: policyText(policy, 'en'), ja: policyText(policy, 'ja') };
    expect(said).toEqual(scenarioTexts[name]);
  });

  it('has a text for every scenario and no other', () => {
    expect(Object.keys(scenarioTexts)).toEqual(scenarios.map(([name]) => name));
    expect(scenarios.length).toBeGreaterThanOrEqual(25);
  });

  it.each(languages)('stays short and on one line however large the policy is (%s)', (language) => {
    const values = Array.from({ length: 30 }, (_, i) => `${'v'.repeat(55)}${i}`);
    const keys = Array.from({ length: 40 }, (_, i) => `${'very-long-prefix.'.repeat(10)}example.com/key-${i}`);
    const selector = {
      matchExpressions: keys.map((key) => ({ key, operator: 'In', values })),
    };
    const rule = (port: number) => ({
      from: Array.from({ length: 40 }, (_, i) => ({
        podSelector: selector,
        namespaceSelector: labelled({ team: `t${i}` }),
      })),
      ports: Array.from({ length: 50 }, (_, i) => ({ port: port + 2 * i, protocol: 'UDP' })),
    });
    const text = policyText(policyOf({ podSelector: selector, ingress: [1000, 2000, 3000].map(rule) }), language);
    expect([...text].length).toBeLessThanOrEqual(1500);
    expect(text).not.toMatch(/[\n\r\t]/);
  });

  it('says the number of peers and rules that it leaves out', () => {
    const to = Array.from({ length: 17 }, (_, i) => ({ podSelector: labelled({ app: `a${i}` }) }));
    const policy = policyOf({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to }] });
    expect(policyText(policy, 'en')).toContain(' and to 12 more;');
    expect(policyText(policy, 'ja')).toContain('など、ほか 12 件に');
  });

  it('shows control characters of a name instead of obeying them', () => {
    const text = policyText(policyOf({ podSelector: {} }, 'a\u001b[31m\nb\u202e'), 'en');
    expect(text).toContain('namespace a\\u001b[31m\\u000ab\\u202e');
  });

  it('tells everyone apart from everything', () => {
    const everyone = policyOf({ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] });
    expect(policyText(everyone, 'en')).toContain('accepts TCP 80 from everyone; it accepts nothing else.');
    expect(policyText(everyone, 'ja')).toContain('すべての相手から TCP 80 で受信できます。それ以外は受信できません。');
  });

  it('lets one rule for everything stand for all of them', () => {
    const policy = policyOf({
      podSelector: labelled({ app: 'web' }),
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }, {}],
    });
    expect(policyText(policy, 'en')).toBe(
      'Pods app=web of namespace shop accept everything from everyone. What they send is not restricted.',
    );
  });

  it('says once whom several rules speak of', () => {
    const front = [{ podSelector: labelled({ app: 'front' }) }];
    const policy = policyOf({
      podSelector: labelled({ app: 'web' }),
      ingress: [
        { from: front, ports: [{ port: 80 }] },
        { from: front, ports: [{ port: 443 }] },
      ],
    });
    expect(policyText(policy, 'en')).toContain('accept TCP 80 and 443 from pods app=front of this namespace;');
  });

  it('says that a staged policy is not enforced', () => {
    const staged: Policy = { ...policyOf({ podSelector: {} }), enforced: false };
    expect(policyText(staged, 'en')).toMatch(/^This policy is staged: nothing of it is enforced/);
    expect(policyText(staged, 'ja')).toMatch(/^このポリシーはステージングの状態で、適用されていません。/);
  });

  it('tells rules that refuse, pass and log in their order', () => {
    const allowing = policyOf({
      podSelector: labelled({ app: 'web' }),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 22 }] },
        { ports: [{ port: 22 }] },
        { from: [{ podSelector: {} }] },
        {},
      ],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
    });
    const actions = ['log', 'deny', 'pass', 'allow'] as const;
    const acting = (rule: Rule, index: number): Rule => ({ ...rule, action: actions[index] ?? 'allow' });
    const policy: Policy = {
      ...allowing,
      ingress: { ...allowing.ingress, rules: allowing.ingress.rules.map(acting) },
      egress: {
        ...allowing.egress,
        rules: allowing.egress.rules.map((rule) => ({ ...rule, action: 'deny' as const })),
      },
    };
    expect(policyText(policy, 'en')).toBe(
      'Pods app=web of namespace shop first log TCP 22 from 10.0.0.0/8, then refuse TCP 22 from everyone, ' +
        'then leave everything from every pod of this namespace to the next tier, then accept everything from everyone; ' +
        'they accept nothing else. They may not send anything to 10.0.0.0/8; they may send nothing.',
    );
    expect(policyText(policy, 'ja')).toBe(
      'namespace shop の app=web の Pod は、まず 10.0.0.0/8 からの TCP 22 を記録し、次にすべての相手からの TCP 22 を拒否し、' +
        '次にこの namespace のすべての Pod からのすべての通信を次の tier に委ね、次にすべての相手から制限なく受信できます。' +
        'それ以外は受信できません。また、10.0.0.0/8 へのすべての通信を拒否します。何も送信できません。',
    );
  });
});
