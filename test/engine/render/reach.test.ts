import { describe, expect, test } from 'vitest';
import { reachDiff } from '../../../src/engine/reach/diff.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import { renderReachDiffDot, renderReachDot } from '../../../src/engine/render/reach-dot.ts';
import { renderReachDiffJson, renderReachJson } from '../../../src/engine/render/reach-json.ts';
import { renderProbe } from '../../../src/engine/render/reach-probe.ts';
import { renderReachDiffText, renderReachText } from '../../../src/engine/render/reach-text.ts';
import { ingress, pod, settingsOf, worldOf } from '../reach/cluster.ts';

const rules = [
  { from: [{ podSelector: { matchLabels: { app: 'api' } } }], ports: [{ port: 80 }, { protocol: 'UDP' }] },
  { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 443 }] },
];
const objects = [pod('shop/web', { ips: ['10.0.0.1'] }), pod('shop/api', { ips: ['10.0.0.2'] }), pod('shop/db')];
const before = worldOf(...objects);
const after = worldOf(...objects, ingress('shop/p', rules, { matchLabels: { app: 'web' } }));
const report = reachReport(after, settingsOf({ enforcer: 'generic' }), { to: 'shop/web' });
const diff = reachDiff(before, after, settingsOf({ enforcer: 'generic' }), { from: 'shop/api', to: 'shop/web' });

describe('JSON', () => {
  test('is the value itself, one entry a line, keys in a fixed order', () => {
    const text = renderReachJson(report);
    expect(JSON.parse(text)).toEqual(report);
    expect(text.split('\n').slice(0, 5)).toEqual([
      '{',
      '  "apiVersion": "sekisho.dev/v1alpha1",',
      '  "kind": "ReachReport",',
      '  "profile": "generic",',
      '  "endpoints": [',
    ]);
    expect(text).toContain(
      '\n    {"from":"shop/api[Pod]","to":"shop/web[Pod]","all":false,"TCP":["80"],"UDP":["1-65535"],"SCTP":[],"other":[]}\n',
    );
    expect(text.endsWith('}\n')).toBe(true);
  });

  test('of a difference and of nothing', () => {
    expect(JSON.parse(renderReachDiffJson(diff))).toEqual(diff);
    const none = reachDiff(before, before, settingsOf());
    expect(renderReachDiffJson(none)).toBe(
      '{\n  "apiVersion": "sekisho.dev/v1alpha1",\n  "kind": "ReachDiff",\n  "profile": "calico",\n  "opened": [],\n  "closed": []\n}\n',
    );
  });
});

describe('text', () => {
  test('groups by destination and traffic', () => {
    expect(renderReachText(report, 'en', { to: 'shop/web' })).toBe(
      [
        '7 endpoints, 2 connections, 2 unknown (profile generic)',
        '',
        'To shop/web[Pod] (ingress isolated)',
        '  TCP 443 from 10.0.0.0-10.255.255.255',
        '  TCP 80; UDP every port from shop/api[Pod]',
        '',
        'Unknown',
        '  enforcers do not agree whether an ipBlock matches a pod that has an address in it:',
        '    shop/api[Pod] -> shop/web[Pod]',
        '  the addresses of the pod are not known, and an ipBlock may hold them:',
        '    shop/db[Pod] -> shop/web[Pod]',
        '',
      ].join('\n'),
    );
  });

  test('names the destinations that nothing reaches, of those that were asked for', () => {
    const closed = worldOf(...objects, ingress('shop/p', []));
    const all = reachReport(closed, settingsOf(), { to: 'shop/' });
    expect(renderReachText(all, 'en', { to: 'shop/' })).toBe(
      '5 endpoints, 0 connections, 0 unknown (profile calico)\n\nNothing reaches\n  shop/api[Pod]\n  shop/db[Pod]\n  shop/web[Pod]\n',
    );
    expect(renderReachText(all, 'en', { to: 'shop/db' })).toContain('\n\nNothing reaches\n  shop/db[Pod]\n');
  });

  test('says "every other endpoint" instead of listing all', () => {
    expect(renderReachText(reachReport(before, settingsOf()), 'en')).toContain(
      'To shop/web[Pod] (ingress open)\n  everything from every other endpoint\n',
    );
  });

  test('is in Japanese too', () => {
    const text = renderReachText(report, 'ja');
    expect(text).toContain('宛先 shop/web[Pod] (受信は隔離)\n  TCP 443 送信元 10.0.0.0-10.255.255.255\n');
    expect(text).not.toContain('from');
  });

  test('of a difference', () => {
    expect(renderReachDiffText(diff, 'en')).toBe(
      [
        'Closed',
        '  shop/api[Pod] -> shop/web[Pod]: TCP 1-79, 81-65535; SCTP every port; ICMP; ICMPv6; protocol 0, 2-5, 7-16, 18-57, 59-131, 133-255',
        '',
      ].join('\n'),
    );
    expect(renderReachDiffText(reachDiff(before, before, settingsOf()), 'ja')).toBe('接続に変化はありません。\n');
  });
});

describe('DOT', () => {
  test('draws namespaces, edges and doubts', () => {
    const small = reachReport(after, settingsOf({ enforcer: 'generic' }), { from: 'shop/api', to: 'shop/web' });
    expect(renderReachDot(small)).toBe(
      [
        'digraph reach {',
        '  rankdir=LR;',
        '  node [shape=box];',
        '  subgraph "cluster_shop" {',
        '    label="shop";',
        '    "shop/api[Pod]";',
        '    "shop/web[Pod]";',
        '  }',
        '  "shop/api[Pod]" -> "shop/web[Pod]" [label="TCP 80; UDP every port"];',
        '  "shop/api[Pod]" -> "shop/web[Pod]" [label="?", style=dashed];',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('draws a difference', () => {
    expect(renderReachDiffDot(diff)).toContain('[label="- TCP 1-79, 81-65535; SCTP every port;');
    expect(renderReachDiffDot(diff)).toContain('color=red');
  });

  test('lets no name out of its quotes', () => {
    const odd = worldOf(pod('shop/a"];\\x\n{', { labels: {} }));
    const text = renderReachDot(reachReport(odd, settingsOf()));
    expect(text).toContain('    "shop/a\\"];\\\\x\\\\u000a{[Pod]";\n');
    expect(text.split('\n').filter((line) => line.startsWith('{'))).toEqual([]);
  });
});

describe('a probe line', () => {
  const answer = prober(after, settingsOf());
  const line = (probe: unknown) => renderProbe(probe, answer(probe));

  test('is the probe and its answer', () => {
    expect(line({ id: 1, from: 'shop/api', to: 'shop/web', port: 80 })).toBe(
      '{"id":1,"from":"shop/api","to":"shop/web","port":80,"verdict":"allow","egress":{"verdict":"allow","by":[]},' +
        '"ingress":{"verdict":"allow","by":[{"object":"shop/p","path":"spec.ingress[0]"}]}}\n',
    );
  });

  test('or the probe and what is wrong with it', () => {
    expect(line({ from: 'shop/api', to: 'shop/web' })).toBe(
      '{"from":"shop/api","to":"shop/web","error":"\\"port\\" is missing: a TCP probe needs the destination\'s port, as a number or a name."}\n',
    );
    expect(JSON.parse(line(7))).toMatchObject({ probe: 7 });
    expect(JSON.parse(line(undefined))).toMatchObject({ probe: null });
  });

  test('keeps a key called __proto__ a key', () => {
    const probe = JSON.parse('{"__proto__": {"x": 1}, "from": "shop/api", "to": "shop/web", "port": 80}');
    expect(line(probe)).toContain('{"__proto__":{"x":1},"from"');
  });
});
