import { identityOf } from '../../dialects/resources.ts';
import { failsafeReader, failsafeSides, failsafeText } from '../../felix/failsafe-value.ts';
import type { Labels } from '../../model/attributes.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { FelixConfiguration } from '../../model/felix-configuration.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import { hostBoxesOf } from '../../model/policy-shelf.ts';
import type { World } from '../../model/world.ts';
import type { LabelBox } from '../../sets/labels.ts';
import { looksOfChangedHosts, looksOfChangedSets, policiesSpeakingOf, profilesSpeakingOf } from './changed-sets.ts';
import { HostStates } from './host-states.ts';
import { governing, hostsByNode } from './interfaces.ts';

/** An interface for which a change may matter: what governs it before and after; undefined where nothing does. */
export interface InterfaceAtStake {
  readonly before: HostEndpoint | undefined;
  readonly after: HostEndpoint;
}

/** The interfaces that something governs after the change, as far as the change may make a difference to them. */
export function interfacesAtStake(context: CheckContext): readonly InterfaceAtStake[] {
  const { change, before, after } = context;
  if (after.countOf('hostEndpoints') === 0) return [];
  const concerned = new Set(concernedBy(context));
  if (concerned.size === 0 && change.ref.kind !== 'HostEndpoint') return [];
  const found: InterfaceAtStake[] = [];
  for (const host of concerned) found.push({ before: governedBefore(host, before), after: host });
  if (change.ref.kind !== 'HostEndpoint') return found;
  // What one leaves behind, another may govern now.
  const gone = before.object('hostEndpoints', change.ref.name);
  const heir = gone === undefined ? undefined : governing(hostsByNode(after), gone);
  if (heir !== undefined && heir !== after.object('hostEndpoints', change.ref.name))
    found.push({ before: gone, after: heir });
  return found;
}

function governedBefore(host: HostEndpoint, before: World): HostEndpoint | undefined {
  const same = before.object('hostEndpoints', host.ref.name);
  return same?.node === host.node && same.interfaceName === host.interfaceName
    ? same
    : governing(hostsByNode(before), host);
}

/** The host endpoints to which the change may matter, as they are after it. */
function concernedBy(context: CheckContext): readonly HostEndpoint[] {
  const { policy, oldPolicy, change, before, after } = context;
  const { kind, group } = identityOf(change.ref);
  if (kind === 'Namespace' && group === '') return byLooks(context, looksOfChangedSets(context));
  if (group !== 'projectcalico.org') return [];
  switch (kind) {
    case 'HostEndpoint': {
      const nodes = [before, after].flatMap((world) => world.object('hostEndpoints', change.ref.name)?.node ?? []);
      const own = [...new Set(nodes)].flatMap((node) => hostsByNode(after).get(node) ?? []);
      return [...own, ...byLooks(context, looksOfChangedHosts(context))];
    }
    case 'Profile':
      return [
        ...all(after).filter(({ profiles }) => profiles.includes(change.ref.name)),
        ...byLooks(context, looksOfChangedHosts(context)),
      ];
    case 'Tier':
      return chosenBy(context, (world) =>
        [...world.policiesOfHosts()].filter(({ tier }) => tier === change.ref.name).flatMap(({ boxes }) => boxes),
      );
    case 'NetworkSet':
    case 'GlobalNetworkSet':
      return byLooks(context, looksOfChangedSets(context));
    case 'FelixConfiguration':
      return byFailsafe(context);
    default:
      return chosenBy(context, () => [policy, oldPolicy].flatMap((one) => (one === undefined ? [] : hostBoxesOf(one))));
  }
}

function all(world: World): readonly HostEndpoint[] {
  return [...world.objects('hostEndpoints')];
}

/** Those that the boxes choose before the change or after it. */
function chosenBy(
  { before, after }: Pick<CheckContext, 'before' | 'after'>,
  boxesIn: (world: World) => readonly LabelBox[],
): readonly HostEndpoint[] {
  const boxes = [before, after].flatMap(boxesIn);
  if (boxes.length === 0) return [];
  const areSame = (['hostEndpoints', 'profiles'] as const).every((shelf) => after.hasSame(shelf, before));
  const found = (areSame ? [after] : [before, after]).flatMap((world) => world.hostsIn(boxes));
  if (areSame) return found;
  const names = new Set(found.map(({ ref }) => ref.name));
  return all(after).filter(({ ref }) => names.has(ref.name));
}

/** Those of which some policy or profile speaks of what looks so: a network set, or another host endpoint. */
function byLooks(context: CheckContext, looks: readonly Labels[]): readonly HostEndpoint[] {
  if (looks.length === 0) return [];
  const governed = chosenBy(context, (world) => policiesSpeakingOf(world, looks).flatMap(hostBoxesOf));
  const names = [context.before, context.after].flatMap((world) => profilesSpeakingOf(world, looks));
  if (names.length === 0) return governed;
  const named = all(context.after).filter(({ profiles }) => profiles.some((name) => names.includes(name)));
  return [...governed, ...named];
}

/** Those for whose nodes other failsafe lists count. */
function byFailsafe({ change, before, after }: CheckContext): readonly HostEndpoint[] {
  const [was, is] = [before, after].map((world) => world.object('felixConfigurations', change.ref.name));
  if (was !== undefined && is !== undefined && listsText(was) === listsText(is)) return [];
  const [then, now] = [HostStates.of(before), HostStates.of(after)];
  return all(after).filter((host) => then.failsafeKeyOf(host) !== now.failsafeKeyOf(host));
}

/** Equal for objects that give the same nodes the same failsafe lists. */
function listsText(one: FelixConfiguration): string {
  const { scope, created } = one;
  const valuesOf = failsafeReader();
  const lists = failsafeSides.map((side) => valuesOf(one, side).map(failsafeText));
  return JSON.stringify([scope.kind, scope.kind === 'selected' ? scope.selector : '', created, lists]);
}
