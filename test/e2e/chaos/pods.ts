import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import { until } from '../cluster.ts';
import type { Replica } from '../self-managed.ts';
import type { Service } from './service.ts';

/** Milliseconds. The first four are those of `deploy/base/deployment.yaml`, the others what a cluster usually takes. */
export interface PodTimes {
  readonly probePeriod: number;
  readonly probeFailures: number;
  readonly preStop: number;
  readonly grace: number;
  /** From a change of an endpoint to the rules of kube-proxy. */
  readonly endpoints: number;
  /** Until the kubelet sees that a container has ended. */
  readonly deathNotice: number;
  /** Until it starts it again. */
  readonly restart: number;
}

const second = 1000;

export async function deployedTimes(): Promise<PodTimes> {
  const file = resolve(import.meta.dirname, '../../../deploy/base/deployment.yaml');
  const { terminationGracePeriodSeconds, containers } = parse(await readFile(file, 'utf8')).spec.template.spec;
  const [{ readinessProbe, lifecycle }] = containers;
  return {
    probePeriod: readinessProbe.periodSeconds * second,
    probeFailures: readinessProbe.failureThreshold ?? 3,
    preStop: lifecycle.preStop.sleep.seconds * second,
    grace: terminationGracePeriodSeconds * second,
    endpoints: second,
    deathNotice: second,
    restart: second,
  };
}

interface Pod {
  replica: Replica;
  isTerminating: boolean;
}

/**
 * The smallest stand-in for a Deployment and its kubelet: keeps so many pods, starts again what has died, probes
 * `/readyz` with the period and the thresholds of the manifest, and tells the Service as late as a cluster does.
 * It does not imitate nodes, scheduling, images, crash back-off beyond one pause, or a limit of memory.
 */
export class Pods {
  readonly #create: () => Replica;
  readonly #service: Service;
  readonly #times: PodTimes;
  readonly #pods: Pod[] = [];
  readonly #endpoints = new Set<Replica>();
  readonly #leaving = new Set<Replica>();
  #restarts = Promise.resolve();
  #stopped = false;

  constructor(create: () => Replica, service: Service, times: PodTimes) {
    this.#create = create;
    this.#service = service;
    this.#times = times;
  }

  /** Every replica that there ever was. */
  readonly all: Replica[] = [];

  running(): readonly Replica[] {
    return this.#pods.map(({ replica }) => replica).filter((one) => !one.hasEnded);
  }

  /** Starts a pod; resolves when connections are led to it. */
  async add(): Promise<void> {
    const pod: Pod = { replica: this.#started(), isTerminating: false };
    this.#pods.push(pod);
    void this.#keep(pod);
    await until(async () => this.#isEndpoint(pod));
  }

  /**
   * As a Deployment with `maxSurge: 1` and `maxUnavailable: 0`: one new pod after another, and an old one goes when its
   * successor is ready.
   *
   * @param endpoints how long the news of what goes takes to reach kube-proxy
   */
  async roll(endpoints = this.#times.endpoints): Promise<void> {
    const ends: Promise<void>[] = [];
    for (const old of [...this.#pods]) {
      await this.add();
      ends.push(this.#terminate(old, endpoints));
    }
    await Promise.all(ends);
  }

  /** `kill -9`; resolves when the pods are endpoints again. They are not started before `hold` is over. */
  async kill(which: readonly number[], hold: Promise<void> = Promise.resolve()): Promise<void> {
    this.#restarts = hold;
    const pods = which.flatMap((at) => this.#pods[at] ?? []);
    const killed = pods.map(({ replica }) => replica);
    await Promise.all(killed.map((replica) => replica.end('SIGKILL')));
    await until(async () =>
      pods.every((pod) => pod.isTerminating || (!killed.includes(pod.replica) && this.#isEndpoint(pod))),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.all.map((one) => one.stop()));
  }

  #isEndpoint({ replica }: Pod): boolean {
    return this.#endpoints.has(replica);
  }

  #started(): Replica {
    const replica = this.#create();
    this.all.push(replica);
    void replica.listening().catch(() => undefined);
    return replica;
  }

  async #keep(pod: Pod): Promise<void> {
    const { probePeriod, probeFailures, deathNotice, restart } = this.#times;
    let failures = 0;
    let next = Date.now() + second;
    while (!this.#stopped && !pod.isTerminating) {
      await pause(100);
      const { replica } = pod;
      if (replica.hasEnded) {
        await pause(deathNotice);
        void this.#tell(replica, false);
        await this.#restarts;
        await pause(restart);
        if (this.#stopped || pod.isTerminating) return;
        pod.replica = this.#started();
        failures = 0;
        next = Date.now() + second;
      } else if (Date.now() >= next) {
        next += probePeriod;
        failures = (await isReady(replica)) ? 0 : failures + 1;
        if (pod.isTerminating) return;
        if (failures === 0) void this.#tell(replica, true);
        else if (failures >= probeFailures) void this.#tell(replica, false);
      }
    }
  }

  async #tell(replica: Replica, isEndpoint: boolean, after = this.#times.endpoints): Promise<void> {
    await pause(after);
    if (isEndpoint && !replica.hasEnded && !this.#leaving.has(replica)) {
      this.#service.add(replica);
      this.#endpoints.add(replica);
    } else {
      this.#service.remove(replica);
      this.#endpoints.delete(replica);
    }
  }

  /** The endpoint goes while the hook still sleeps; only then the signal comes. */
  async #terminate(pod: Pod, endpoints: number): Promise<void> {
    pod.isTerminating = true;
    this.#leaving.add(pod.replica);
    this.#pods.splice(this.#pods.indexOf(pod), 1);
    const told = this.#tell(pod.replica, false, endpoints);
    await pause(this.#times.preStop);
    const late = setTimeout(() => void pod.replica.end('SIGKILL'), this.#times.grace - this.#times.preStop);
    await pod.replica.end('SIGTERM');
    clearTimeout(late);
    await told;
  }
}

/** The kubelet waits a second for an answer. */
async function isReady(replica: Replica): Promise<boolean> {
  if (replica.metrics === '') return false;
  const answer = await fetch(`${replica.metrics}/readyz`, { signal: AbortSignal.timeout(second) }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
  return answer?.ok === true;
}
