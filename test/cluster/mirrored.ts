import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { Clock } from '../../src/cluster/clock.ts';
import { type Connection, connect } from '../../src/cluster/connection.ts';
import { Reflector } from '../../src/cluster/reflector.ts';
import type { Listing, ReflectorOptions, ReflectorSettings, Sink } from '../../src/cluster/reflector-settings.ts';
import type { ReflectorEvent } from '../../src/cluster/reflector-status.ts';
import { FakeApiServer } from '../support/fake-api-server.ts';
import type { HandClock } from './hand-clock.ts';

export const networkPolicies = { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' };

/** A second of the reflector takes ten milliseconds. */
export const speed = 100;

export const fastClock: Clock = {
  now: () => performance.now() * speed,
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds / speed);
    return () => clearTimeout(timer);
  },
};

/** A sink that keeps the objects by name, as a correct mirror. */
export class NamedObjects implements Sink {
  readonly content = new Map<string, unknown>();
  /** Lists that came to their end. */
  completed = 0;

  list(): Listing {
    const listed = new Set<string>();
    return {
      take: (object) => {
        listed.add(nameOf(object));
        this.content.set(nameOf(object), object);
      },
      complete: () => {
        this.completed += 1;
        for (const name of [...this.content.keys()]) if (!listed.has(name)) this.content.delete(name);
      },
    };
  }

  upsert(object: unknown): void {
    this.content.set(nameOf(object), object);
  }

  remove(object: unknown): void {
    this.content.delete(nameOf(object));
  }
}

export function nameOf(object: unknown): string {
  return (object as { metadata: { name: string } }).metadata.name;
}

export interface Mirrored {
  readonly server: FakeApiServer;
  readonly sink: NamedObjects;
  readonly reflector: Reflector;
  readonly events: ReflectorEvent[];
  /** When the reflector began its lists or its watches, in milliseconds of its clock. */
  readonly began: (kind: 'list' | 'watch') => number[];
}

/** Waits patiently: a machine may be busy. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (const start = performance.now(); !condition(); await sleep(2)) {
    if (performance.now() - start > 30_000) throw new Error(`${what} did not come about`);
  }
}

export async function connectTo(url: string): Promise<Connection> {
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-'));
  const file = join(folder, 'config');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'fake' } }],
    clusters: [{ name: 'fake', cluster: { server: url } }],
  };
  await writeFile(file, JSON.stringify(config));
  try {
    return await connect({ kubeconfig: file });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A fake server and a reflector of it that has not started; both end with the test. */
export async function mirrored(
  options: Partial<ReflectorOptions> = {},
  settings: Partial<ReflectorSettings> = {},
): Promise<Mirrored> {
  const server = await FakeApiServer.start();
  const mirror = await mirrorOf(server, options, settings);
  onTestFinished(mirror.end);
  return mirror;
}

export async function mirrorOf(
  server: FakeApiServer,
  options: Partial<ReflectorOptions> = {},
  settings: Partial<ReflectorSettings> = {},
): Promise<Mirrored & { readonly end: () => Promise<void> }> {
  const connection = await connectTo(server.url);
  const sink = new NamedObjects();
  const events: ReflectorEvent[] = [];
  const asked: { readonly path: string; readonly at: number }[] = [];
  const reflector = new Reflector({
    connection: {
      get(path, askOptions) {
        asked.push({ path, at: fastClock.now() });
        return connection.get(path, askOptions);
      },
    },
    resource: networkPolicies,
    sink,
    onEvent: (event) => events.push(event),
    ...settings,
    // Nothing is taken for silent unless the test is about silence: a busy machine is not a fault.
    options: { clock: fastClock, listSilence: 1e8, watchSilence: 1e8, ...options },
  });
  const end = async () => {
    await reflector.stop();
    connection.close();
    await server.down();
  };
  const began = (kind: 'list' | 'watch') =>
    asked.filter(({ path }) => path.includes('watch=true') === (kind === 'watch')).map(({ at }) => at);
  return { server, sink, reflector, events, began, end };
}

/** Whether the sink holds what the server does. */
export function isMirror({ server, sink }: Pick<Mirrored, 'server' | 'sink'>): boolean {
  const expected = server.content();
  if (expected.size !== sink.content.size) return false;
  for (const [name, object] of expected) if (versionOf(sink.content.get(name)) !== versionOf(object)) return false;
  return true;
}

function versionOf(object: unknown): string | undefined {
  return (object as { metadata?: { resourceVersion?: string } } | undefined)?.metadata?.resourceVersion;
}

/** Starts, and waits until the first watch is open. */
export async function watching(mirror: Mirrored): Promise<void> {
  mirror.reflector.start();
  await until(() => mirror.server.openWatches === 1 && mirror.reflector.status().state === 'watching', 'a watch');
}

/** Waits for a pause of exactly so many milliseconds, shows that nothing is asked before it is over, and ends it. */
export async function pausesFor(milliseconds: number, { server }: Mirrored, clock: HandClock): Promise<void> {
  await until(() => clock.next === milliseconds, `a pause of ${milliseconds} ms`);
  const asked = server.count('list') + server.count('watch');
  clock.advance(milliseconds - 1);
  await sleep(20);
  expect([clock.next, server.count('list') + server.count('watch')]).toEqual([1, asked]);
  clock.advance(1);
}
