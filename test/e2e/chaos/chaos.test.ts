import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificates } from '../../../src/certs/issue.ts';
import { createMetrics } from '../../../src/webhook/metrics.ts';
import { startServer } from '../../../src/webhook/server.ts';
import { until } from '../cluster.ts';
import { type Findings, runChaos } from './chaos.ts';
import { shortPlan } from './plan.ts';
import { judgeFindings, summary, table } from './report.ts';
import { type Stage, startStage } from './stage.ts';

const log = (message: string): void => void process.stderr.write(`${message}\n`);

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ certsTimes: 'leaf=24s,authority=72s,settle=3s,skew=500ms,poll=500ms', tenants: 40 });
}, 1_500_000);

afterAll(async () => {
  await stage?.stop();
});

describe('while calls go on, and replicas, the API server, etcd, certificates and configuration come and go', () => {
  let findings: Findings;

  beforeAll(async () => {
    findings = await runChaos(stage, { rate: 20, plan: shortPlan, seconds: 0, rest: 1, log });
    log(`\n${summary(findings)}\n\n${table(findings)}\n`);
  }, 300_000);

  it('no call is answered wrongly', () => {
    const { wrong, unclear } = judgeFindings(findings);
    expect(wrong).toEqual([]);
    expect(unclear).toEqual([]);
    const answered = findings.calls.filter(({ outcome }) => outcome === 'allowed' || outcome === 'denied');
    expect(answered.length).toBeGreaterThan(300);
    for (const { name } of findings.spans) if (name === 'rolling restart') expect(callsIn(name)).toBeGreaterThan(100);
    expect(callsIn('certificate renewed')).toBeGreaterThan(20);
  });

  it('no call goes without an answer but those that a killed replica takes along', () => {
    const kills = findings.spans.filter(({ name }) => name.startsWith('kill -9'));
    for (const { call, why } of judgeFindings(findings).failures) {
      expect(['killed-in-flight', 'dead-endpoint'], JSON.stringify(call)).toContain(why);
      expect(
        kills.some(({ from, to }) => call.began <= to && call.ended >= from),
        JSON.stringify(call),
      ).toBe(true);
    }
  });

  it('with no replica the cluster can be mended, and the replicas come back by themselves', () => {
    expect(findings.outages).toHaveLength(1);
    for (const { backAfter, meanwhile } of findings.outages) {
      expect(backAfter).toBeLessThan(30_000);
      expect(meanwhile).toEqual({
        'create a policy': 'webhook-failed',
        'create a policy in the namespace of Sekisho': 'allowed',
        'update it': 'allowed',
        'delete it': 'allowed',
        'delete a policy': 'allowed',
        'relabel a namespace': 'allowed',
      });
    }
  });

  function callsIn(name: string): number {
    const spans = findings.spans.filter((span) => span.name === name);
    return findings.calls.filter((call) => spans.some(({ from, to }) => call.began <= to && call.ended >= from)).length;
  }
});

describe('two deletions at the same moment', () => {
  it('may take the last default deny away, each being allowed alone; the replicas say so afterwards', async () => {
    const tenant = stage.tenants[0]!;
    const path = (name = '') => `/apis/networking.k8s.io/v1/namespaces/${tenant.namespace}/networkpolicies${name}`;
    const metadata = { name: 'second' };
    const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    const second = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
    const remove = (name: string) => stage.api.call('DELETE', path(`/${name}`));
    for (let lost = false; !lost; ) {
      await until(() => tenant.mend(stage.api));
      expect((await stage.api.call('POST', path(), second)).outcome).toBe('allowed');
      // Both replicas have seen both, and their audits, which look every five seconds, the namespace closed.
      await pause(7_000);
      const outcomes = (await Promise.all(['default-deny', 'second'].map(remove))).map(({ outcome }) => outcome);
      log(`both deleted at once: ${outcomes.join(' and ')}`);
      expect(outcomes).toContain('allowed');
      lost = outcomes.every((outcome) => outcome === 'allowed');
    }
    const told = stage.pods.running().map((replica) => async () => {
      const line = replica.text.split('\n').find((one) => one.includes('a default deny was lost'));
      return line?.includes(`"namespace":"${tenant.namespace}","default_deny":"absent"`);
    });
    expect(told).toHaveLength(2);
    await Promise.all(told.map(until));
    for (const replica of stage.pods.running()) {
      expect(await replica.metric('sekisho_default_deny_losses_total')).toBeGreaterThanOrEqual(1);
      expect(await replica.metric('sekisho_namespaces{default_deny="absent"}')).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('a replica that cannot judge yet', () => {
  it('is asked again by the API server, over another connection, and the call does not fail', async () => {
    const pair = await issueCertificates({ hosts: ['127.0.0.1'], now: new Date(), caDays: 10, leafDays: 5 });
    const asked: number[] = [];
    const server = await startServer({
      listen: '127.0.0.1:0',
      tls: { pair },
      metrics: createMetrics({ kinds: [] }),
      log: pino({ level: 'silent' }),
      answer: (review) => {
        asked.push(Date.now());
        if (asked.length === 1) return { kind: 'refused', status: 503, message: 'not ready to judge' };
        return { kind: 'answered', body: allowed(review), record: nobody };
      },
    });
    try {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hesitant' } };
      await apply(namespace, registration(`${server.url}/validate`, pair.ca));
      const metadata = { name: 'default-deny', namespace: 'hesitant' };
      const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: {} } };
      const path = '/apis/networking.k8s.io/v1/namespaces/hesitant/networkpolicies?dryRun=All';
      await until(async () => {
        expect((await stage.api.call('POST', path, policy)).outcome).toBe('allowed');
        return asked.length > 0;
      });
      expect(asked).toHaveLength(2);
    } finally {
      await server.close();
      await stage.plane.kubectl(['delete', 'validatingwebhookconfiguration', 'hesitant']);
    }
  });

  async function apply(...objects: readonly object[]): Promise<void> {
    const stdin = objects.map((one) => JSON.stringify(one)).join('\n---\n');
    const { code, stderr } = await stage.plane.kubectl(['apply', '-f', '-'], { stdin });
    expect(code, stderr).toBe(0);
  }
});

const nobody = {
  uid: '',
  kind: '',
  namespace: '',
  name: '',
  operation: '',
  user: '',
  dryRun: true,
  decision: 'allow',
  unsettled: false,
  denied: [],
  warned: [],
  audited: [],
  notChecked: [],
  exemptions: [],
  configHash: '',
} as const;

function allowed(review: unknown): string {
  const { uid } = (review as { request: { uid: string } }).request;
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true },
  });
}

function registration(url: string, ca: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'hesitant' },
    webhooks: [
      {
        name: 'hesitant.sekisho.dev',
        clientConfig: { url, caBundle: Buffer.from(ca).toString('base64') },
        rules: [
          {
            apiGroups: ['networking.k8s.io'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['networkpolicies'],
          },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hesitant' } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        timeoutSeconds: 5,
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
