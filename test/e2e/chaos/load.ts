import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Api } from './api.ts';
import type { Step, Tenant } from './scenario.ts';

export interface Call extends Answer {
  readonly namespace: string;
  readonly step: Step;
  /** Whether the answer is the opposite of the one that is evident, or is none at all. */
  readonly isWrong: boolean;
}

/** What was changed a moment ago, a replica may not have seen yet: then nothing is evident. */
const settled = 1_000;

/** Sends so many calls a second, whatever becomes of those before, each tenant one after another. */
export class Load {
  readonly calls: Call[] = [];
  /** Ticks at which every tenant still waited for an answer. */
  skipped = 0;
  /** How often a namespace was brought back to the beginning of a round, by calls that are not counted. */
  mended = 0;
  readonly #api: Api;
  readonly #lanes: Lane[];
  readonly #rate: number;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(api: Api, tenants: readonly Tenant[], rate: number) {
    this.#api = api;
    this.#lanes = tenants.map((tenant) => ({ tenant, at: 0, busy: false, spoiled: true }));
    this.#rate = rate;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    while (this.#lanes.some(({ busy }) => busy)) await pause(20);
  }

  async #run(): Promise<void> {
    const began = Date.now();
    for (let tick = 0; !this.#stopped; tick += 1) {
      await pause(Math.max(0, began + (tick * 1000) / this.#rate - Date.now()));
      const lane = this.#next();
      if (lane === undefined) this.skipped += 1;
      else void this.#advance(lane);
    }
  }

  /** Any of them, so that they do not all come to the same step at the same time. */
  #next(): Lane | undefined {
    const idle = this.#lanes.filter(({ busy }) => !busy);
    return idle[Math.floor(Math.random() * idle.length)];
  }

  async #advance(lane: Lane): Promise<void> {
    lane.busy = true;
    if (lane.spoiled) {
      this.mended += 1;
      lane.spoiled = !(await lane.tenant.mend(this.#api));
      lane.at = 0;
    } else {
      let before: number;
      do {
        before = lane.at;
        await this.#take(lane);
      } while (!lane.spoiled && lane.at !== before && lane.tenant.steps[lane.at]?.atOnce === true);
    }
    await pause(settled);
    lane.busy = false;
  }

  async #take(lane: Lane): Promise<void> {
    const step = lane.tenant.steps[lane.at];
    if (step === undefined) return;
    const answer = await this.#api.call(step.method, step.path, step.body);
    const { namespace } = lane.tenant;
    const isWrong = (answer.outcome === 'allowed' || answer.outcome === 'denied') && !isAsExpected(step, answer);
    this.calls.push({ ...answer, text: answer.text.slice(0, 2000), namespace, step, isWrong });
    // Nothing was done: tried again at the next turn, as every client does.
    if (answer.outcome === 'webhook-failed') return;
    lane.spoiled = !isAsExpected(step, answer);
    lane.at = (lane.at + 1) % lane.tenant.steps.length;
  }
}

interface Lane {
  readonly tenant: Tenant;
  at: number;
  busy: boolean;
  spoiled: boolean;
}

function isAsExpected({ expected }: Step, { outcome, text }: Answer): boolean {
  return expected === 'allowed' ? outcome === 'allowed' : outcome === 'denied' && text.includes(expected.denied);
}
