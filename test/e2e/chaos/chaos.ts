import { setTimeout as pause } from 'node:timers/promises';
import type { Outage } from './events.ts';
import { type Call, Load } from './load.ts';
import type { Plan } from './plan.ts';
import type { Lost } from './service.ts';
import type { Stage } from './stage.ts';

/** A stretch of time in which something happened. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly nobodyLeft: boolean;
  readonly apiServer: boolean;
}

/** All that was seen in a run. */
export interface Findings {
  readonly seconds: number;
  readonly calls: readonly Call[];
  readonly skipped: number;
  readonly mended: number;
  readonly spans: readonly Span[];
  readonly lost: readonly Lost[];
  readonly failedOpen: ReadonlySet<string>;
  readonly outages: readonly Outage[];
}

export interface ChaosOptions {
  /** Calls a second. */
  readonly rate: number;
  readonly plan: Plan;
  /** Rounds of the plan are begun until so many seconds are over. */
  readonly seconds: number;
  /** Seconds of nothing after each line of the plan. */
  readonly rest: number;
  readonly log: (message: string) => void;
}

/** Lets calls go on while the plan is carried out. */
export async function runChaos(stage: Stage, { rate, plan, seconds, rest, log }: ChaosOptions): Promise<Findings> {
  const load = new Load(stage.api, stage.tenants, rate);
  const spans: Span[] = [];
  const outages: Outage[] = [];
  const began = Date.now();
  load.start();
  await pause(rest * 1000);
  do {
    for (const line of plan(outages)) {
      log(`${Math.round((Date.now() - began) / 1000)} s: ${line.map(({ name }) => name).join(' + ')}`);
      await Promise.all(
        line.map(async (event) => {
          const from = Date.now();
          await event.run(stage);
          const { name, nobodyLeft = false, apiServer = false } = event;
          spans.push({ name, from, to: Date.now(), nobodyLeft, apiServer });
        }),
      );
      await pause(rest * 1000);
    }
  } while (Date.now() - began < seconds * 1000);
  await load.stop();
  return {
    seconds: (Date.now() - began) / 1000,
    calls: load.calls,
    skipped: load.skipped,
    mended: load.mended,
    spans: [...spans, ...rotations(stage)],
    lost: stage.service.lost,
    failedOpen: await stage.failedOpen(),
    outages,
  };
}

/** Certificates go their own way: the logs of the replicas say when. A second before and two after belong to it. */
function rotations({ pods }: Stage): Span[] {
  return pods.all.flatMap(({ text }) =>
    text.split('\n').flatMap((line) => {
      const [, at = '', kind] = /"time":"([^"]+)".*"certificates":"(leaf|authorities)"/.exec(line) ?? [];
      if (kind === undefined) return [];
      const name = kind === 'leaf' ? 'certificate renewed' : 'authority rotated';
      const time = Date.parse(at);
      return [{ name, from: time - 1000, to: time + 2000, nobodyLeft: false, apiServer: false }];
    }),
  );
}
