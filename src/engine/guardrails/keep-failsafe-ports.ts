import { lostPorts, newlyLost } from '../felix/failsafe-loss.ts';
import { failsafeSources } from '../felix/failsafe-ports.ts';
import {
  type FailsafeReader,
  type FailsafeSide,
  type FailsafeValue,
  failsafeAnnotations,
  failsafeReader,
  failsafeSides,
} from '../felix/failsafe-value.ts';
import { changedFelix, type FelixChange, nodesAtStake } from '../felix/nodes-at-stake.ts';
import { field } from '../json/read.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { FailsafePort, FelixConfiguration, FelixScope } from '../model/felix-configuration.ts';
import { defineGuardrail, type Report } from './define.ts';
import {
  badEntries,
  commonSet,
  grouped,
  type LossGroup,
  lossGroups,
  lossPath,
  lossSet,
  oldSet,
  unusedOld,
  withItems,
} from './failsafe/findings.ts';
import { failsafeFix } from './failsafe/fix.ts';
import { type FailsafeKeys, failsafeKeys } from './failsafe/keys.ts';
import { usualFailsafe } from './failsafe/usual.ts';
import { readFailsafePorts } from './settings.ts';
import type { Hidden } from './words/failsafe.ts';

type Required = { readonly [S in FailsafeSide]: readonly FailsafePort[] };

/** The lists that are the way back into a node, after a policy that locks everybody out. */
export const keepFailsafePorts = defineGuardrail({
  name: 'keep-failsafe-ports',
  mode: 'enforce',
  summary: {
    en: 'Every FelixConfiguration that can take effect keeps the required failsafe ports open, and none stops Felix.',
    ja: '有効になりうるすべての FelixConfiguration で必要なフェイルセーフポートが保たれ、Felix を停止させる値がないこと。',
  },
  settings: {
    inbound: {
      type: 'failsafePorts',
      description: 'The ports of a node that must stay open, and from where.',
      default: usualFailsafe.inbound,
    },
    outbound: {
      type: 'failsafePorts',
      description: 'The ports that a node must be able to connect to, and where.',
      default: usualFailsafe.outbound,
    },
  },
  readSettings: (settings): Required => ({
    inbound: readFailsafePorts(field(settings, 'inbound'), usualFailsafe.inbound),
    outbound: readFailsafePorts(field(settings, 'outbound'), usualFailsafe.outbound),
  }),
  keys: failsafeKeys,
  check: (context, required, report) => {
    const change = changedFelix(context.change, context);
    if (change === undefined) return;
    const valuesOf = failsafeReader();
    for (const side of failsafeSides) {
      if (change.after !== undefined) checkOwn(change, change.after, side, required[side], valuesOf, report);
    }
    checkBelow(context, change, required, valuesOf, report);
  },
});

/** The list that the object gives itself. */
function checkOwn(
  { before }: FelixChange,
  after: FelixConfiguration,
  side: FailsafeSide,
  required: readonly FailsafePort[],
  valuesOf: FailsafeReader,
  report: Report<FailsafeKeys>,
): void {
  const common = commonSet(side, after.scope);
  const earlier = before === undefined ? [] : valuesOf(before, side);
  const values = valuesOf(after, side);
  for (const value of values) {
    const fix = failsafeFix(side, value, required);
    for (const { path, written, fault, items } of badEntries(value)) {
      report.found('crashes', {
        path,
        args: { written, fault, more: items.length - 1 },
        fix,
        set: withItems(common, items),
      });
    }
    for (const group of lossGroups(value, earlier, required)) {
      const lost = { side, ports: group.ports, below: undefined };
      const found = { path: lossPath(value, group, lost), args: lost, fix, set: lossSet(common, group.ports) };
      report.found(value.entries.length === 0 ? 'emptied' : keyOf(group), found);
    }
    const old = unusedOld(value);
    if (old !== undefined) {
      report.found('unused-old', { path: old.path, args: { side, ports: old.ports }, set: oldSet(common, old) });
    }
  }
  checkHidden(after, side, values, required, report);
}

function keyOf({ removed }: LossGroup): 'removed' | 'narrowed' {
  return removed ? 'removed' : 'narrowed';
}

function checkHidden(
  after: FelixConfiguration,
  side: FailsafeSide,
  values: readonly FailsafeValue[],
  required: readonly FailsafePort[],
  report: Report<FailsafeKeys>,
): void {
  const common = commonSet(side, after.scope);
  const annotations = failsafeAnnotations(after, side);
  for (const { name, path } of annotations) {
    report.found('hidden', {
      path,
      args: { side, how: { kind: 'annotation', name } },
      fix: fieldFix(side, values, required),
      set: withItems(common, [`annotation ${name}`]),
    });
  }
  const ofField = values.find(({ form }) => form === 'field');
  const how = narrowerThanAll(after.scope);
  if (ofField === undefined || annotations.length > 0 || how === undefined) return;
  report.found('hidden', { path: ofField.path, args: { side, how }, set: withItems(common, ['some nodes']) });
}

/** The same list as a field, where there is one list that can be read. */
function fieldFix(
  side: FailsafeSide,
  values: readonly FailsafeValue[],
  required: readonly FailsafePort[],
): string | undefined {
  const [value, ...others] = values;
  if (value === undefined || others.length > 0 || value.entries.some(({ reading }) => !reading.ok)) return undefined;
  return failsafeFix(side, { ...value, form: 'field' }, required);
}

function narrowerThanAll(scope: FelixScope): Hidden['how'] | undefined {
  switch (scope.kind) {
    case 'every-node':
      return undefined;
    case 'node':
      return { kind: 'node', node: scope.node };
    case 'selected':
      return { kind: 'selected', selector: scope.selector };
    case 'unclear':
      return { kind: 'unclear' };
  }
}

/** The lists that take the place of one that goes. */
function checkBelow(
  context: CheckContext,
  change: FelixChange,
  required: Required,
  valuesOf: FailsafeReader,
  report: Report<FailsafeKeys>,
): void {
  const stakes = nodesAtStake(change, context);
  if (stakes === undefined) {
    report.notChecked('work-cap');
    return;
  }
  if (rests(change, valuesOf) && !knowsOthers(context)) report.notChecked('no-felix-configurations');
  for (const side of failsafeSides) {
    const told = new Set<FelixConfiguration | undefined>();
    for (const { before, after } of stakes) {
      const earlier = failsafeSources(before, side, valuesOf).map(({ value }) => lostPorts(value, required[side]));
      for (const { value, from } of failsafeSources(after, side, valuesOf)) {
        if (told.has(from) || (from !== undefined && from === change.after)) continue;
        const lost = newlyLost(lostPorts(value, required[side]), earlier);
        if (lost.length > 0) told.add(from);
        for (const group of grouped(lost)) {
          const args = { side, ports: group.ports, below: { name: from?.ref.name } };
          report.found(value.entries.length === 0 ? 'emptied' : keyOf(group), {
            path: lossPath(value, group, args),
            args,
            fix: failsafeFix(side, { ...value, form: 'field' }, required[side]),
            set: lossSet(commonSet(side, (change.after ?? change.before)?.scope ?? { kind: 'unclear' }), group.ports),
          });
        }
      }
    }
  }
}

/** Whether the change takes away a list, so that another one counts for nodes which this one was for. */
function rests({ before, after }: FelixChange, valuesOf: FailsafeReader): boolean {
  if (before === undefined || before.scope.kind === 'every-node') return false;
  const gives = (one: FelixConfiguration, side: FailsafeSide) => valuesOf(one, side).length > 0;
  if (after === undefined || !sameScope(before.scope, after.scope)) {
    return failsafeSides.some((side) => gives(before, side));
  }
  return failsafeSides.some((side) => gives(before, side) && !gives(after, side));
}

function sameScope(a: FelixScope, b: FelixScope): boolean {
  return a.kind === b.kind && (a.kind !== 'selected' || b.kind !== 'selected' || a.selector === b.selector);
}

/** Files tell of the other objects only where they hold any; a World from nowhere never does. */
function knowsOthers({ before, change }: CheckContext): boolean {
  if (before.origin === 'cluster') return true;
  if (before.origin === 'none') return false;
  for (const { ref } of before.objects('felixConfigurations')) if (ref.name !== change.ref.name) return true;
  return false;
}
