import { expect, test } from 'vitest';
import type { DecisionRecord } from '../../src/webhook/answer.ts';
import { createMetrics, type WorldMetric } from '../../src/webhook/metrics.ts';
import { eventually, metric, send, serve, someRecord } from './listening.ts';

const names = [
  'sekisho_admission_requests_total',
  'sekisho_admission_duration_seconds',
  'sekisho_guardrail_results_total',
  'sekisho_admission_inflight',
  'sekisho_request_errors_total',
  'sekisho_tls_certificate_expiry_timestamp_seconds',
  'sekisho_tls_last_reload_success',
  'sekisho_tls_handshakes_total',
  'sekisho_config_info',
  'sekisho_config_last_reload_success',
  'sekisho_eventloop_lag_seconds',
  'sekisho_world_objects',
  'sekisho_world_synced',
  'sekisho_world_last_contact_timestamp_seconds',
  'sekisho_world_staleness_seconds',
  'sekisho_watch_restarts_total',
];

const world: WorldMetric[] = [
  {
    kind: 'Namespace',
    objects: 214,
    synced: true,
    lastContact: new Date(1_700_000_000_500),
    staleness: 1.5,
    restarts: 3,
  },
  { kind: 'Pod', objects: 0, synced: false, lastContact: undefined, staleness: undefined, restarts: 0 },
];

test('the metrics port serves every metric as text', async () => {
  const metrics = createMetrics({ kinds: [], world: () => world });
  const { server } = await serve({ metrics });
  const answer = await fetch(`${server.metricsUrl}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  expect([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name).sort()).toEqual([...names].sort());
});

test('the metrics port answers the probes too, and nothing else', async () => {
  const { server } = await serve();
  expect(await (await fetch(`${server.metricsUrl}/livez`)).text()).toBe('ok\n');
  expect(await (await fetch(`${server.metricsUrl}/readyz`)).text()).toBe('ok\n');
  expect((await fetch(`${server.metricsUrl}/validate`, { method: 'POST' })).status).toBe(404);
  const wrong = await fetch(`${server.metricsUrl}/metrics`, { method: 'POST' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('verdicts are counted with bounded labels', async () => {
  const records: DecisionRecord[] = [
    {
      ...someRecord,
      decision: 'deny',
      denied: ['forbid-broad-peers/everyone'],
      warned: ['keep-dns/blocked'],
      audited: ['custom/order-band'],
    },
    { ...someRecord, kind: 'Evil"}\n', operation: 'PATCH', dryRun: true },
  ];
  const { server, metrics } = await serve({
    answer: () => ({ kind: 'answered', body: '{}', record: records.shift() ?? someRecord }),
  });
  for (let n = 0; n < 3; n += 1) await send(server, { body: '{}' });
  const requests = 'sekisho_admission_requests_total';
  expect(
    await metric(metrics, `${requests}{kind="NetworkPolicy",operation="CREATE",decision="deny",dry_run="false"}`),
  ).toBe(1);
  expect(
    await metric(metrics, `${requests}{kind="NetworkPolicy",operation="CREATE",decision="allow",dry_run="false"}`),
  ).toBe(1);
  expect(await metric(metrics, `${requests}{kind="other",operation="other",decision="allow",dry_run="true"}`)).toBe(1);
  const results = 'sekisho_guardrail_results_total';
  expect(await metric(metrics, `${results}{guardrail="forbid-broad-peers",key="everyone",effect="deny"}`)).toBe(1);
  expect(await metric(metrics, `${results}{guardrail="keep-dns",key="blocked",effect="warn"}`)).toBe(1);
  expect(await metric(metrics, `${results}{guardrail="custom",key="order-band",effect="audit"}`)).toBe(1);
  expect(await metric(metrics, 'sekisho_admission_duration_seconds_count')).toBe(3);
  expect(await metric(metrics, 'sekisho_admission_duration_seconds_bucket{le="+Inf"}')).toBe(3);
});

test('the World is asked at each scrape', async () => {
  let now = world;
  const metrics = createMetrics({ kinds: [], world: () => now });
  expect(await metric(metrics, 'sekisho_world_objects{kind="Namespace"}')).toBe(214);
  expect(await metric(metrics, 'sekisho_world_synced{kind="Namespace"}')).toBe(1);
  expect(await metric(metrics, 'sekisho_world_synced{kind="Pod"}')).toBe(0);
  expect(await metric(metrics, 'sekisho_world_last_contact_timestamp_seconds{kind="Namespace"}')).toBe(1_700_000_000.5);
  expect(await metric(metrics, 'sekisho_world_last_contact_timestamp_seconds{kind="Pod"}')).toBeUndefined();
  expect(await metric(metrics, 'sekisho_world_staleness_seconds{kind="Namespace"}')).toBe(1.5);
  expect(await metric(metrics, 'sekisho_world_staleness_seconds{kind="Pod"}')).toBeUndefined();
  expect(await metric(metrics, 'sekisho_watch_restarts_total{kind="Namespace"}')).toBe(3);
  expect(await metric(metrics, 'sekisho_watch_restarts_total{kind="Namespace"}')).toBe(3);
  now = [{ kind: 'Pod', objects: 7, synced: true, lastContact: undefined, staleness: undefined, restarts: 1 }];
  expect(await metric(metrics, 'sekisho_world_objects{kind="Pod"}')).toBe(7);
  expect(await metric(metrics, 'sekisho_world_objects{kind="Namespace"}')).toBeUndefined();
});

test('a World that cannot be asked is an error of the scrape, not of the server', async () => {
  const metrics = createMetrics({
    kinds: [],
    world: () => {
      throw new Error('no World');
    },
  });
  const { server, lines } = await serve({ metrics });
  const answer = await fetch(`${server.metricsUrl}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([
    500,
    'internal error; the log of the webhook has the details\n',
  ]);
  expect(lines.some(({ msg }) => msg === 'internal error')).toBe(true);
  expect((await send(server, { body: '{}' })).status).toBe(200);
});

test('the configuration in force is one label', async () => {
  const metrics = createMetrics({ kinds: [] });
  metrics.configLoaded('aaa');
  metrics.configLoaded('bbb');
  expect(await metric(metrics, 'sekisho_config_info{hash="aaa"}')).toBeUndefined();
  expect(await metric(metrics, 'sekisho_config_info{hash="bbb"}')).toBe(1);
  expect(await metric(metrics, 'sekisho_config_last_reload_success')).toBe(1);
  metrics.configRejected();
  expect(await metric(metrics, 'sekisho_config_info{hash="bbb"}')).toBe(1);
  expect(await metric(metrics, 'sekisho_config_last_reload_success')).toBe(0);
});

test('a blocked event loop shows', async () => {
  const { server, metrics } = await serve({
    answer: () => {
      const end = performance.now() + 300;
      while (performance.now() < end);
      return { kind: 'answered', body: '{}', record: someRecord };
    },
  });
  // A block that begins right after a scrape may fall into the gap before the next measurement begins.
  await eventually(async () => {
    await send(server, { body: '{}' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    return ((await metric(metrics, 'sekisho_eventloop_lag_seconds')) ?? 0) > 0.2;
  });
});
