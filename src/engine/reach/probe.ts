import type { JsonObject } from '../json/read.ts';
import { portNumbers } from '../model/endpoint.ts';
import type { Direction } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { overlapAddresses } from '../sets/addresses.ts';
import { portTraffic, protocolName, protocolTraffic } from '../sets/traffic.ts';
import { hostsOf, type InterfaceEndpoint, type WorkloadEndpoint, workloadsOf } from './endpoints.ts';
import type { FamilyPair } from './families.ts';
import { goesBy } from './filter.ts';
import type { ReachSettings } from './match.ts';
import { addressParty, type Party, unpoliced } from './party.ts';
import { type Probe, type ProbeEnd, quoted, type Reading, readProbe } from './probe-reading.ts';
import {
  freeSides,
  mergeSides,
  orItself,
  overall,
  type ProbedFlow,
  type Sides,
  sidesOf,
  unknownSides,
} from './probe-sides.ts';
import { Reachability } from './reachability.ts';
import type { FlowVerdict, Traced } from './trace.ts';
import { joinReasons, sayReasons, type UnknownReason } from './unknown-reason.ts';

/** A probe and what is to be said of its flow, in the promised shape. */
export interface ProbeAnswer {
  readonly given: JsonObject;
  readonly verdict: FlowVerdict;
  /** In English; undefined for a verdict that is not unknown. */
  readonly why: string | undefined;
  /** Something that whoever asked may not have had in mind. */
  readonly note: string | undefined;
  readonly egress: SideAnswer;
  readonly ingress: SideAnswer;
}

export type SideAnswer = Pick<Traced, 'verdict' | 'by'>;

/** Makes a function that answers probes of one World, each by itself. For a probe that makes no sense it gives a sentence. */
export function prober(world: World, settings: ReachSettings): (probe: unknown) => Reading<ProbeAnswer> {
  const workloads = [...workloadsOf(world, settings.enforcer).values()];
  const hosts = hostsOf(world);
  const reach = new Reachability(world, settings);
  return (value) => {
    const probe = readProbe(value);
    if (!probe.ok) return probe;
    const from = findEnd(probe.value.from, workloads, hosts, world);
    if (!from.ok) return from;
    const to = findEnd(probe.value.to, workloads, hosts, world);
    if (!to.ok) return to;
    const families: Families = (a, b) => reach.inFamilies(a, b);
    const sides = judge(probe.value, from.value, to.value, families, (sender, receiver, flow) =>
      sidesOf(reach, settings, sender, receiver, flow),
    );
    if (!sides.ok) return sides;
    const note = noteOf(from.value, workloads) ?? noteOf(to.value, workloads);
    return { ok: true, value: answer(probe.value, sides.value, note) };
  };
}

function answer(probe: Probe, sides: Sides, note: string | undefined): ProbeAnswer {
  const verdict = overall(sides);
  const reasons = joinReasons(sides.egress.reasons, sides.ingress.reasons);
  const side = (direction: Direction): SideAnswer => ({ verdict: sides[direction].verdict, by: sides[direction].by });
  return {
    given: probe.given,
    verdict,
    why: verdict === 'unknown' && reasons.length > 0 ? sayReasons(reasons, 'en') : undefined,
    note,
    egress: side('egress'),
    ingress: side('ingress'),
  };
}

/** The pods of a workload, an address, a host endpoint, an interface that none stands for, or one of which nothing is known. */
type FoundEnd =
  | WorkloadEndpoint
  | InterfaceEndpoint
  | { readonly kind: 'Address'; readonly parties: readonly Party[] }
  | { readonly kind: 'Unpoliced'; readonly parties: readonly Party[] }
  | { readonly kind: 'Unknown'; readonly why: UnknownReason };

function findEnd(
  end: ProbeEnd,
  workloads: readonly WorkloadEndpoint[],
  hosts: readonly InterfaceEndpoint[],
  world: World,
): Reading<FoundEnd> {
  if (end.kind === 'host') return { ok: true, value: hostOf(end.node, end.interfaceName, hosts, world) };
  if (end.kind === 'address') return { ok: true, value: { kind: 'Address', parties: [addressParty(end.addresses)] } };
  const found = workloads.filter((workload) => goesBy(workload, end.text));
  const [only, ...more] = found;
  if (only === undefined) {
    return problem(
      `There is no running pod or workload ${quoted(end.text)}; \`sekisho reach\` lists the endpoints that there are.`,
    );
  }
  if (more.length === 0) return { ok: true, value: only };
  return problem(`${quoted(end.text)} may be ${found.map((one) => one.id).join(' or ')}: write the one that you mean.`);
}

/**
 * The host endpoint that governs an interface, or that has this name: one for the very interface stands before one for
 * all of them. Of several, nobody can say which governs it.
 */
function hostOf(node: string, name: string, hosts: readonly InterfaceEndpoint[], world: World): FoundEnd {
  const own = hosts.filter((host) => host.node === node);
  const called = own.filter(({ parties }) => parties.some(({ host }) => host.interfaceName === name));
  const named =
    called.length > 0 ? called : own.filter(({ parties }) => parties.some(({ host }) => host.ref.name === name));
  const [exact, ...more] = named;
  if (exact !== undefined) return more.length === 0 ? exact : { kind: 'Unknown', why: 'several-host-endpoints' };
  if (own.some(({ parties }) => parties.some(({ host }) => host.interfaceName === undefined))) {
    return { kind: 'Unknown', why: 'host-interface' };
  }
  const [all, ...others] = own.filter(({ parties }) => parties.some(({ host }) => host.interfaceName === '*'));
  if (all !== undefined) return others.length === 0 ? all : { kind: 'Unknown', why: 'several-host-endpoints' };
  return world.holdsCalico
    ? { kind: 'Unpoliced', parties: [unpoliced(node, name, world)] }
    : { kind: 'Unknown', why: 'host-endpoint' };
}

type JudgeFlow = (from: Party, to: Party, flow: ProbedFlow) => Sides;
type Families = (from: Party, to: Party) => readonly FamilyPair[];

function judge(probe: Probe, from: FoundEnd, to: FoundEnd, families: Families, judgeFlow: JudgeFlow): Reading<Sides> {
  for (const end of [from, to]) if (end.kind === 'Unknown') return { ok: true, value: unknownSides(end.why) };
  if (from.kind === 'Unknown' || to.kind === 'Unknown') return { ok: true, value: freeSides };
  const among = from === to && from.kind === 'Workload';
  if (among && from.count <= 1) return { ok: true, value: freeSides };
  const pairs: Sides[] = [];
  for (const receiver of to.parties) {
    const flows = flowsOf(probe, receiver);
    if (flows.length === 0)
      return problem(`The destination has no ${protocolName(probe.protocol)} port named ${quoted(probe.port)}.`);
    for (const sender of from.parties) {
      pairs.push(
        mergeSides(
          flows.map((flow) => overFamilies(families(sender, receiver), (a, b) => judgeFlow(a, b, flow))),
          'ports-differ',
        ),
      );
    }
  }
  const sides = mergeSides(pairs, 'pods-differ');
  return { ok: true, value: among ? orItself(sides) : sides };
}

/** The flows that a probe asks about: one for each number that its port stands for. */
function flowsOf({ protocol, port }: Probe, receiver: Party): readonly ProbedFlow[] {
  if (port === undefined) return [{ protocol, traffic: protocolTraffic(protocol) }];
  const named = typeof port === 'string' ? portsNamed(receiver, protocol, port) : [];
  const numbers = typeof port === 'number' ? [port] : [...new Set(named)];
  return numbers.map((number) => ({ protocol, traffic: portTraffic(protocol, number, number) }));
}

function portsNamed(receiver: Party, protocol: number, name: string): readonly number[] {
  if (receiver.kind === 'pod') return portNumbers(receiver.pod, protocol, name);
  const { namedPorts } = receiver.kind === 'host' ? receiver.host : { namedPorts: [] };
  return namedPorts.flatMap((own) => (own.name === name && own.protocol === protocol ? own.port : []));
}

function noteOf(end: FoundEnd, workloads: readonly WorkloadEndpoint[]): string | undefined {
  if (end.kind !== 'Address') return undefined;
  for (const { id, parties } of workloads) {
    const isIts = parties.some((party) =>
      party.addresses.some((known) =>
        end.parties.some((one) => one.kind === 'addresses' && overlapAddresses(known, one.addresses)),
      ),
    );
    if (isIts) return `This is an address of ${id}; as an address it has no labels: ask for ${id} to have them count.`;
  }
  return undefined;
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}

const grade = { allow: 2, unknown: 1, deny: 0 };

/** The flow passes if it passes over some family that both ends have; over one that they may have, it may. */
function overFamilies(pairs: readonly FamilyPair[], judgeIn: (from: Party, to: Party) => Sides): Sides {
  const judged = pairs.map(({ from, to, sure }) => ({ sure, sides: judgeIn(from, to) }));
  const [first, second] = judged.toSorted(
    (a, b) => Number(b.sure) - Number(a.sure) || grade[overall(b.sides)] - grade[overall(a.sides)],
  );
  if (first === undefined) return freeSides;
  if (second === undefined || second.sure) return first.sides;
  const [one, other] = [overall(first.sides), overall(second.sides)];
  const settled = one === other || (first.sure && one === 'allow');
  return settled ? first.sides : mergeSides([first.sides, second.sides], 'family-unknown');
}
