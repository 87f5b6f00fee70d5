import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { asList, asString, dig } from '../../src/engine/json/read.ts';
import { authorityMetrics } from '../../src/webhook/authority-metrics.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { serve, someRecord } from '../webhook/listening.ts';
import { folder, root } from './manifests.ts';
import { namedIn } from './promql.ts';

const monitoring = join(folder, 'components/monitoring');

interface Shown {
  readonly where: string;
  readonly expression: string;
  /** Labels that the words around it name. */
  readonly named: readonly string[];
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const dashboard: unknown = JSON.parse(await readFile(join(monitoring, 'dashboard.json'), 'utf8'));
const rules: unknown = parse(await readFile(join(monitoring, 'rules.yaml'), 'utf8'));
const alerts = (asList(dig(rules, 'spec', 'groups')) ?? []).flatMap(
  (group) => (asList(dig(group, 'rules')) ?? []) as readonly Alert[],
);
const runbooks = await readdir(join(root, 'docs/runbooks'));

const panels = asList(dig(dashboard, 'panels')) ?? [];
const shown: readonly Shown[] = [
  ...alerts.map(({ alert, expr, annotations }) => ({
    where: alert,
    expression: expr,
    named: [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
  })),
  ...panels.flatMap((panel) =>
    (asList(dig(panel, 'targets')) ?? []).map((target) => ({
      where: String(dig(panel, 'title')),
      expression: String(dig(target, 'expr')),
      named: [...String(dig(target, 'legendFormat')).matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
    })),
  ),
  ...(await Promise.all(
    runbooks.map(async (name) => {
      const page = await readFile(join(root, 'docs/runbooks', name), 'utf8');
      const blocks = [...page.matchAll(/^```promql\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.split('\n'));
      return blocks.filter((line) => line !== '').map((expression) => ({ where: name, expression, named: [] }));
    }),
  ).then((pages) => pages.flat())),
];

/** Of a metric, each label with its values. */
type Served = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Not ours: what Prometheus knows of each target, and of the API server kubernetes/apiserver:pkg/admission/metrics/metrics.go. */
const ofOthers: Served = new Map([
  ['up', new Map([['job', new Set(['sekisho'])]])],
  [
    'apiserver_admission_webhook_fail_open_count',
    new Map([
      ['name', new Set<string>()],
      ['type', new Set(['admit', 'validating'])],
    ]),
  ],
]);
/** What the Prometheus operator adds to each sample of a ServiceMonitor. */
const ofTargets = ['job', 'namespace', 'service', 'pod', 'container', 'endpoint', 'instance'];

let served: Served;

/** A server in which everything has happened once, asked over HTTP. */
beforeAll(async () => {
  const lastContact = new Date();
  const metrics = createMetrics({
    kinds: ['NetworkPolicy'],
    world: () => [{ kind: 'Pod', objects: 1, synced: true, lastContact, staleness: 1, restarts: 1 }],
  });
  const authority = authorityMetrics(metrics.registry, () => ({ expires: lastContact, entriesWithoutUs: 0 }));
  authority.renewed('leaf');
  const findings = { denied: ['keep-dns/blocked'], warned: ['keep-dns/blocked'], audited: ['keep-dns/blocked'] };
  metrics.decided({ ...someRecord, decision: 'deny', ...findings }, 0.001);
  metrics.decided({ ...someRecord, dryRun: true }, 0.001);
  metrics.requestFailed('deadline');
  metrics.configLoaded('abc');
  const { server } = await serve({ metrics });
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  const found = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', inner = ''] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? \S+$/gm)) {
    const labels = found.get(name) ?? new Map<string, Set<string>>();
    found.set(name, labels);
    for (const [, label = '', value = ''] of inner.matchAll(/(\w+)="([^"]*)"/g))
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
  }
  served = new Map([...found, ...ofOthers]);
});

describe('what the rules, the dashboard and the runbooks name', () => {
  it('is a good part of what is served', () => {
    const named = new Set(shown.flatMap(({ expression }) => namedIn(expression).selectors.map(({ metric }) => metric)));
    const ours = [...served.keys()].filter((name) => !ofOthers.has(name) && !/_(?:sum|count)$/.test(name));
    expect(ours.filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(shown.map((one) => [one.where, one.expression, one] as const))('%s: %s is there', (_where, _text, one) => {
    const { selectors, grouped } = namedIn(one.expression);
    expect(selectors.length).toBeGreaterThan(0);
    const possible = new Set(ofTargets);
    for (const { metric, matchers } of selectors) {
      const labels = served.get(metric) ?? expect.fail(`nobody serves ${metric}`);
      for (const label of labels.keys()) possible.add(label);
      for (const { label, operator, value } of matchers) {
        const values = labels.get(label) ?? expect.fail(`${metric} has no label ${label}`);
        if (operator === '=') expect([...values], `${metric}{${label}}`).toContain(value);
      }
    }
    for (const label of [...grouped, ...one.named]) expect([...possible]).toContain(label);
    // What an aggregation drops, the words around it cannot show.
    if (grouped.length > 0) for (const label of one.named) expect(grouped).toContain(label);
  });

  it('would be missed if it were misspelt', () => {
    const { selectors, grouped } = namedIn(
      'sum by (knd) (rate(sekisho_x_total{decsion="deny",a=~"b}"}[5m])) > 5 * sekisho_y',
    );
    expect(selectors).toEqual([
      {
        metric: 'sekisho_x_total',
        matchers: [
          { label: 'decsion', operator: '=', value: 'deny' },
          { label: 'a', operator: '=~', value: 'b}' },
        ],
      },
      { metric: 'sekisho_y', matchers: [] },
    ]);
    expect(grouped).toEqual(['knd']);
    expect(namedIn('histogramm_quantile(0.99, sekisho_z)').selectors.map(({ metric }) => metric)).toContain(
      'histogramm_quantile',
    );
  });
});

describe('the dashboard', () => {
  it('has panels of different places and names, all on its data source', () => {
    expect(panels.length).toBeGreaterThan(10);
    for (const field of ['id', 'title', 'gridPos']) {
      const all = panels.map((panel) => JSON.stringify(dig(panel, field)));
      expect(new Set(all).size).toBe(panels.length);
    }
    for (const panel of panels) expect(dig(panel, 'datasource', 'uid')).toBe(`\${datasource}`);
    const variables = (asList(dig(dashboard, 'templating', 'list')) ?? []).map((one) => asString(dig(one, 'name')));
    const used = [...JSON.stringify(panels).matchAll(/\$\{?([a-z_]+)/g)].map(([, name = '']) => name);
    for (const name of new Set(used)) if (name !== '__rate_interval') expect(variables).toContain(name);
  });
});

describe('the alerts', () => {
  it('cover what can go wrong', () => {
    expect(alerts.map(({ alert }) => alert)).toEqual([
      'SekishoDown',
      'SekishoFailedOpen',
      'SekishoErrors',
      'SekishoSlow',
      'SekishoWorldStale',
      'SekishoWatchFailing',
      'SekishoCertificateExpiring',
      'SekishoCertificateRejected',
      'SekishoCABundleMismatch',
      'SekishoDenialSpike',
      'SekishoConfigurationRejected',
    ]);
  });

  it('have a runbook each, by a path of this repository, and no runbook is without an alert', () => {
    for (const { alert, annotations } of alerts) expect(annotations.runbook).toBe(`docs/runbooks/${alert}.md`);
    expect(alerts.map(({ annotations }) => basename(annotations.runbook)).sort()).toEqual([...runbooks].sort());
  });

  it.each(runbooks)('%s says what it means, how to see it, what to do, and when it is harmless', async (name) => {
    const page = await readFile(join(root, 'docs/runbooks', name), 'utf8');
    expect(page.split('\n')[0]).toMatch(new RegExp(`^# ${basename(name, '.md')}: \\S`));
    const parts = page.split(/^## /m).slice(1);
    expect(parts.map((part) => part.split('\n')[0])).toEqual([
      'What it means',
      'How to see it',
      'What to do',
      'When it is harmless',
    ]);
    for (const part of parts) expect(part.split('\n').slice(1).join('').length).toBeGreaterThan(40);
  });
});
