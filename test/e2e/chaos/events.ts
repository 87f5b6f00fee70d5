import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../cluster.ts';
import type { Api } from './api.ts';
import { guardrailSet, type Stage } from './stage.ts';

/** What happens to the cluster while calls go on. Resolves when it is over. */
export interface ChaosEvent {
  readonly name: string;
  /** Whether it leaves nobody to ask, so that calls are held back or let through by the failure policy. */
  readonly nobodyLeft?: true;
  /** Whether the API server itself may fail to answer. */
  readonly apiServer?: true;
  run(stage: Stage): Promise<void>;
}

export const rollingRestart: ChaosEvent = { name: 'rolling restart', run: ({ pods }) => pods.roll() };

/** The news reaches kube-proxy after SIGTERM: the draining replica still gets new connections. */
export const slowRollingRestart: ChaosEvent = {
  name: 'rolling restart, news of endpoints takes 9 s',
  run: ({ pods }) => pods.roll(9000),
};

export const killOne = (which: 0 | 1): ChaosEvent => ({
  name: 'kill -9 of one replica',
  run: ({ pods }) => pods.kill([which]),
});

export const etcdStall: ChaosEvent = {
  name: 'etcd stalls for 2 s',
  apiServer: true,
  run: async ({ plane }) => {
    await plane.stallEtcd(2000);
    await pause(1000);
  },
};

export const apiServerRestart = (how: 'graceful' | 'abrupt'): ChaosEvent => ({
  name: `API server restarts, ${how === 'graceful' ? 'told to' : 'killed'}`,
  apiServer: true,
  run: async ({ plane }) => {
    await plane.restartApiServer(how);
    // Its clients come back within some seconds; what happens then belongs to it.
    await pause(5000);
  },
});

let revision = 0;

export const configurationReload: ChaosEvent = {
  name: 'configuration changes',
  run: async (stage) => {
    const before = await hashes(stage);
    revision += 1;
    await stage.configure(guardrailSet(revision));
    await until(async () => (await hashes(stage)).every((hash) => hash !== undefined && !before.includes(hash)));
  },
};

export const brokenConfiguration: ChaosEvent = {
  name: 'configuration is broken, then mended',
  run: async (stage) => {
    const rejected = async (value: number) =>
      until(async () => (await reloads(stage)).every((reload) => reload === value));
    await stage.configure(`${guardrailSet(revision)}  guardrails: {forbid-brod-peers: {mode: off}}\n`);
    await rejected(0);
    await pause(1000);
    revision += 1;
    await stage.configure(guardrailSet(revision));
    await rejected(1);
  },
};

async function hashes({ pods }: Stage): Promise<readonly (string | undefined)[]> {
  const texts = await Promise.all(pods.running().map((one) => one.metricsText()));
  return texts.map((text) => /sekisho_config_info\{hash="([^"]*)"\}/.exec(text)?.[1]);
}

async function reloads({ pods }: Stage): Promise<readonly (number | undefined)[]> {
  return Promise.all(pods.running().map((one) => one.metric('sekisho_config_last_reload_success')));
}

/** What was seen while there was no replica at all. */
export interface Outage {
  /** From the start of the replicas to the first answer as it should be, in milliseconds. */
  readonly backAfter: number;
  /** What could be done in the meantime, and what came of it. */
  readonly meanwhile: Readonly<Record<string, string>>;
}

/** Both replicas are killed, and started again after some seconds. */
export function bothKilled(outages: Outage[]): ChaosEvent {
  return {
    name: 'kill -9 of both replicas',
    nobodyLeft: true,
    run: async (stage) => {
      await placeBadPolicy(stage.api);
      const held = Promise.withResolvers<void>();
      const back = stage.pods.kill([0, 1], held.promise);
      await until(async () => stage.service.endpoints === 0);
      const meanwhile = await mend(stage.api);
      const began = Date.now();
      held.resolve();
      await until(
        async () => (await stage.api.call('POST', inShop('?dryRun=All'), open('probe'))).outcome === 'denied',
      );
      outages.push({ backAfter: Date.now() - began, meanwhile });
      await back;
    },
  };
}

const inShop = (rest = '') => `/apis/networking.k8s.io/v1/namespaces/default/networkpolicies${rest}`;
const inOwn = (rest = '') => inShop(rest).replace('/default/', '/sekisho-system/');

function open(name: string): object {
  const spec = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
}

/** Whether a cluster can be mended whose webhook does not answer. */
async function mend(api: Api): Promise<Outage['meanwhile']> {
  const outcome = async (...call: Parameters<Api['call']>) => (await api.call(...call)).outcome;
  const labels = { metadata: { labels: { mended: String(Date.now()) } }, apiVersion: 'v1', kind: 'Namespace' };
  return {
    'create a policy': await outcome('POST', inShop(), open('held-back')),
    'create a policy in the namespace of Sekisho': await outcome('POST', inOwn(), open('mend')),
    'update it': await outcome('PUT', inOwn('/mend'), open('mend')),
    'delete it': await outcome('DELETE', inOwn('/mend')),
    'delete a policy': await outcome('DELETE', inShop('/cuts-us-off')),
    'relabel a namespace': await outcome('PATCH', '/api/v1/namespaces/default?fieldManager=mend&force=true', labels),
  };
}

/** A policy that a mender will want to be rid of. */
async function placeBadPolicy(api: Api): Promise<void> {
  const body = { ...open('cuts-us-off'), spec: { podSelector: {}, policyTypes: ['Ingress'] } };
  const { outcome, text } = await api.call('POST', inShop(), body);
  if (outcome !== 'allowed' && !text.includes('AlreadyExists')) throw new Error(text);
}
