import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import { defaultDenyOf, type Standing, standings } from '../engine/audit/default-deny.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import type { World } from '../engine/model/world.ts';
import type { Language } from '../engine/words/language.ts';
import { logText } from './decision-log.ts';

export interface DefaultDenyAuditOptions {
  /** Undefined as long as the World is not complete. */
  readonly world: () => World | undefined;
  readonly set: () => GuardrailSet;
  readonly language: Language;
  readonly log: Logger;
  readonly registry: Registry;
}

/** Milliseconds between two looks: what was open at one and is at the next was no rename. */
const interval = 5_000;
/** Namespaces that are looked at in one go, each some ten microseconds, and the milliseconds until the next go. */
const portion = 50;
const breath = 20;

/**
 * Looks at the namespaces that have changed, after the fact and off the way of admission, and says which of them have
 * lost the default deny that they had. Admission judges one request at a time, at each replica by what it has seen, and
 * deletions are let through where nobody answers: two requests that may each be allowed can take away together what
 * neither may. Writes nothing but the log and the metrics.
 */
export class DefaultDenyAudit {
  readonly #options: DefaultDenyAuditOptions;
  readonly #standing = new Map<string, Standing['defaultDeny']>();
  /** Open, and not told of yet. */
  readonly #suspects = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #losses: Counter;
  #seen: { readonly world: World; readonly set: GuardrailSet } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DefaultDenyAuditOptions) {
    this.#options = options;
    const registers = [options.registry];
    const standing = this.#standing;
    new Gauge({
      name: 'sekisho_namespaces',
      help: 'Guarded namespaces by whether every possible pod is isolated in the required directions.',
      labelNames: ['default_deny'],
      registers,
      collect() {
        const counts = Map.groupBy(standing.values(), (one) => one);
        for (const one of standings) this.set({ default_deny: one }, counts.get(one)?.length ?? 0);
      },
    });
    this.#losses = new Counter({
      name: 'sekisho_default_deny_losses_total',
      help: 'How often a namespace was seen to have lost the default deny that it had.',
      registers,
    });
  }

  start(): void {
    this.#next(interval);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Looks at the next portion; true while there is more to look at. */
  look(): boolean {
    const { world: current, set: configured } = this.#options;
    const world = current();
    if (world === undefined) return false;
    const set = configured();
    if (this.#waiting.size === 0) this.#begin(world, set);
    let left = portion;
    for (const namespace of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(namespace);
      this.#judge(namespace, world, set);
    }
    return this.#waiting.size > 0;
  }

  #next(after: number): void {
    this.#timer = setTimeout(() => this.#next(this.look() ? breath : interval), after).unref();
  }

  #begin(world: World, set: GuardrailSet): void {
    const { world: before, set: setBefore } = this.#seen ?? {};
    this.#seen = { world, set };
    for (const suspect of this.#suspects) this.#waiting.add(suspect);
    if (before === undefined || setBefore !== set || concernsAll(before, world)) {
      for (const { name } of world.namespaces()) this.#waiting.add(name);
      for (const name of this.#standing.keys()) this.#waiting.add(name);
    } else {
      for (const name of world.namespacesChangedSince(before)) this.#waiting.add(name);
    }
  }

  #judge(namespace: string, world: World, set: GuardrailSet): void {
    const { log, language } = this.#options;
    const found = defaultDenyOf(world, namespace, set);
    const before = this.#standing.get(namespace);
    if (found === undefined) {
      this.#standing.delete(namespace);
      this.#suspects.delete(namespace);
    } else if (before !== 'complete' || found.findings.length === 0) {
      this.#standing.set(namespace, found.defaultDeny);
      this.#suspects.delete(namespace);
    } else if (!this.#suspects.delete(namespace)) {
      this.#suspects.add(namespace);
    } else {
      this.#standing.set(namespace, found.defaultDeny);
      this.#losses.inc();
      const open = found.findings.map((finding) => finding.say(language).message);
      log.warn({ namespace: logText(namespace), default_deny: found.defaultDeny, open }, 'a default deny was lost');
    }
  }
}

/** Cluster policies and tiers govern any namespace. */
function concernsAll(before: World, now: World): boolean {
  const tiers = new Set(before.objects('tiers'));
  return (
    before.clusterGoverning !== now.clusterGoverning ||
    before.countOf('tiers') !== now.countOf('tiers') ||
    [...now.objects('tiers')].some((one) => !tiers.has(one))
  );
}
