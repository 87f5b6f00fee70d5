import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { placed } from '../../src/engine/check/changes.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { gather } from '../../src/engine/model/gather.ts';
import type { World } from '../../src/engine/model/world.ts';
import { DefaultDenyAudit } from '../../src/webhook/default-deny-audit.ts';

const at = (object: object) => placed(object, undefined, 'shop');
const namespace = (name: string) => at({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const denying = (space: string, name = 'default-deny') =>
  at({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: space },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
const everywhere = at({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkPolicy',
  metadata: { name: 'default-deny' },
  spec: { selector: 'all()', types: ['Ingress', 'Egress'] },
});

/** An audit of a World that the test changes, which looks when the test says so. */
function audited(world: World | undefined) {
  const lines: Record<string, unknown>[] = [];
  const metrics = new Registry();
  const seen = { world, set: builtInSet({ registry }) };
  const audit = new DefaultDenyAudit({
    world: () => seen.world,
    set: () => seen.set,
    language: 'en',
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    registry: metrics,
  });
  return {
    seen,
    lines,
    look: () => {
      while (audit.look());
    },
    counts: async () => {
      const text = await metrics.metrics();
      const value = (line: string) =>
        Number(
          text
            .split('\n')
            .find((one) => one.startsWith(`${line} `))
            ?.slice(line.length + 1),
        );
      const named = (standing: string) => value(`sekisho_namespaces{default_deny="${standing}"}`);
      return [named('complete'), named('partial'), named('absent'), value('sekisho_default_deny_losses_total')];
    },
  };
}

const two = gather([namespace('shop'), namespace('bank'), denying('shop'), denying('bank')], 'cluster');
const without = (world: World, { ref }: { readonly ref: Parameters<World['without']>[0] }) => world.without(ref);

describe('the audit of the default deny', () => {
  it('counts what there is, and says nothing of what was open before', async () => {
    const { look, lines, counts } = audited(gather([namespace('shop'), namespace('bank'), denying('bank')], 'cluster'));
    look();
    look();
    expect(await counts()).toEqual([1, 0, 1, 0]);
    expect(lines).toEqual([]);
  });

  it('says once which namespace has lost it, when it still has at the next look', async () => {
    const { seen, look, lines, counts } = audited(two);
    look();
    seen.world = without(two, denying('shop'));
    look();
    expect(lines).toEqual([]);
    look();
    look();
    expect(lines).toMatchObject([
      {
        level: 40,
        namespace: 'shop',
        default_deny: 'absent',
        open: ['namespace shop has no default deny for incoming and outgoing traffic'],
        msg: 'a default deny was lost',
      },
    ]);
    expect(await counts()).toEqual([1, 0, 1, 1]);
  });

  it('takes a replacement that comes between two looks for no loss', async () => {
    const { seen, look, lines, counts } = audited(two);
    look();
    seen.world = without(two, denying('shop'));
    look();
    const { object, ref } = denying('shop', 'deny-all');
    seen.world = seen.world.with(object, ref);
    look();
    look();
    expect(lines).toEqual([]);
    expect(await counts()).toEqual([2, 0, 0, 0]);
  });

  it('tells a second loss of the same namespace, after it was closed again', async () => {
    const { seen, look, lines, counts } = audited(two);
    for (const world of [two, without(two, denying('shop')), two, without(two, denying('shop'))]) {
      seen.world = world;
      look();
      look();
    }
    expect(lines).toHaveLength(2);
    expect(await counts()).toEqual([1, 0, 1, 2]);
  });

  it('looks at every namespace when a cluster policy goes', async () => {
    const names = Array.from({ length: 120 }, (_, number) => `space-${number}`);
    const closed = gather([...names.map(namespace), everywhere], 'cluster');
    const { seen, look, lines, counts } = audited(closed);
    look();
    seen.world = without(closed, everywhere);
    look();
    look();
    expect(lines).toHaveLength(120);
    expect(await counts()).toEqual([0, 0, 120, 120]);
  });

  it('says nothing of a namespace that goes', async () => {
    const { seen, look, lines, counts } = audited(two);
    look();
    seen.world = without(without(two, denying('shop')), namespace('shop'));
    look();
    look();
    expect(lines).toEqual([]);
    expect(await counts()).toEqual([1, 0, 0, 0]);
  });

  it('waits for the World to be complete', async () => {
    const { seen, look, lines, counts } = audited(two);
    look();
    seen.world = undefined;
    look();
    look();
    expect(lines).toEqual([]);
    expect(await counts()).toEqual([2, 0, 0, 0]);
  });
});
