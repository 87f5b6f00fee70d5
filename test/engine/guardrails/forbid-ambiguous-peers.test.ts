import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forbidAmbiguousPeers } from '../../../src/engine/guardrails/forbid-ambiguous-peers.ts';
import { created, egress, ingress, policy, told, tried, web, wrong } from './trial.ts';

const team = { matchLabels: { team: 'web' } };
const frontend = { matchLabels: { app: 'frontend' } };
const asOne = { namespaceSelector: team, podSelector: frontend };
const apart = [{ namespaceSelector: team }, { podSelector: frontend }];

const judged = (object: unknown) => told(created(forbidAmbiguousPeers, object));

describe('forbid-ambiguous-peers', () => {
  it('tells of a namespaceSelector and a podSelector as separate items, in either order and direction', () => {
    expect(judged(ingress([{ from: apart }]))).toEqual(['warn or-instead-of-and spec.ingress[0].from']);
    expect(judged(egress([{}, { to: apart.toReversed() }]))).toEqual(['warn or-instead-of-and spec.egress[1].to']);
  });

  it('says both readings and offers the one item, made of what the user wrote', () => {
    const [finding] = created(forbidAmbiguousPeers, ingress([{ from: apart }])).findings;
    expect(finding?.say('en').message).toBe(
      'separate items mean OR: every pod of namespaces team=web, or pods app=frontend of this namespace',
    );
    expect(finding?.say('ja').message).toBe(
      '項目が分かれているため OR になります: team=web の namespace のすべての Pod、またはこの namespace の app=frontend の Pod',
    );
    expect(finding?.fix).toBe(
      'from: [{namespaceSelector: {matchLabels: {team: web}}, podSelector: {matchLabels: {app: frontend}}}]',
    );
  });

  it('keeps the few other items of the list in the fix', () => {
    const block = { ipBlock: { cidr: '192.0.2.0/24' } };
    const [finding] = created(forbidAmbiguousPeers, ingress([{ from: [block, ...apart] }])).findings;
    expect(finding?.fix).toBe(
      'from: [{namespaceSelector: {matchLabels: {team: web}}, podSelector: {matchLabels: {app: frontend}}}, {ipBlock: {cidr: 192.0.2.0/24}}]',
    );
  });

  it('has nothing against one item, several of one kind, an address beside, or two rules', () => {
    for (const from of [
      [asOne],
      [{ namespaceSelector: team }, { namespaceSelector: {} }],
      [{ podSelector: frontend }, { podSelector: web }],
      [asOne, { podSelector: frontend }],
      [asOne, { namespaceSelector: team }],
      [{ ipBlock: { cidr: '10.0.0.0/8' } }, { podSelector: frontend }],
    ]) {
      expect(judged(ingress([{ from }]))).toEqual([]);
    }
    expect(judged(ingress([{ from: [apart[0]] }, { from: [apart[1]] }]))).toEqual([]);
  });

  it('leaves alone rules that the types switch off, and selectors that cannot be read', () => {
    expect(judged(policy({ podSelector: {}, policyTypes: ['Egress'], ingress: [{ from: apart }] }))).toEqual([]);
    expect(judged(ingress([{ from: [{ namespaceSelector: { matchLabels: 3 } }, { podSelector: frontend }] }]))).toEqual(
      [],
    );
  });

  it('tells lists that say the same in one finding', () => {
    const spelled = { matchExpressions: [{ key: 'team', operator: 'In', values: ['web'] }] };
    const again = [{ podSelector: frontend }, { namespaceSelector: spelled }, { podSelector: frontend }];
    const [finding, ...more] = created(forbidAmbiguousPeers, ingress([{ from: apart }, { from: again }])).findings;
    expect(more).toEqual([]);
    expect(finding?.say('en').message).toMatch(/ \(also at spec\.ingress\[1\]\.from\)$/);
    expect(finding?.say('ja').message).toMatch(/\(spec\.ingress\[1\]\.from も同様\)$/);
  });

  it('lowers on update what was there, however it was spelled, and warns of what is new', () => {
    const old = ingress([{ from: apart }]);
    const moved = ingress([{ ports: [{ port: 80 }], from: apart.toReversed() }]);
    expect(told(tried(forbidAmbiguousPeers, { old, object: moved }))).toEqual([
      'audit or-instead-of-and spec.ingress[0].from',
    ]);
    const other = [{ namespaceSelector: { matchLabels: { team: 'db' } } }, { podSelector: web }];
    const worse = ingress([{ from: apart }, { from: other }]);
    expect(told(tried(forbidAmbiguousPeers, { old, object: worse }))).toEqual([
      'warn or-instead-of-and spec.ingress[1].from',
      'audit or-instead-of-and spec.ingress[0].from',
    ]);
    expect(told(tried(forbidAmbiguousPeers, { old }))).toEqual([]);
  });

  it('gives the same answer whatever the order of the items', () => {
    const items = [...apart, { ipBlock: { cidr: '10.0.0.0/8' } }, asOne, { podSelector: web }];
    fc.assert(
      fc.property(fc.subarray(items), fc.nat(), (some, turn) => {
        const at = some.length === 0 ? 0 : turn % some.length;
        const turned = [...some.slice(at), ...some.slice(0, at)];
        expect(judged(ingress([{ from: turned }]))).toEqual(judged(ingress([{ from: some }])));
      }),
    );
  });

  it('reads anything without a throw', () => {
    for (const value of wrong) {
      expect(judged(policy(value))).toEqual([]);
      expect(judged(ingress([{ from: value }]))).toEqual([]);
      expect(judged(ingress([{ from: [value, { namespaceSelector: value }] }]))).toEqual([]);
      judged(ingress([{ from: [{ namespaceSelector: value }, { podSelector: value }] }]));
    }
  });

  it('tells of ten thousand lists in ten findings', () => {
    const rules = Array.from({ length: 10_000 }, (_, n) => ({
      from: [{ namespaceSelector: { matchLabels: { team: `t${n}` } } }, { podSelector: frontend }],
    }));
    const verdict = created(forbidAmbiguousPeers, ingress(rules));
    expect(verdict.findings).toHaveLength(10);
    expect(verdict.findings.at(-1)?.say('en').message).toMatch(/and 9,988 more\)$/);
  });
});
