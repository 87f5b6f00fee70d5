import { formatPath } from '../../json/path.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import { refName } from '../../model/object.ts';
import type { Direction } from '../../model/policy.ts';
import { intersectTraffic, isNoTraffic, noTraffic, subtractTraffic, type Traffic } from '../../sets/traffic.ts';
import type { Decider, Traced } from '../trace.ts';
import { joinReasons } from '../unknown-reason.ts';
import type { HostSide } from './host-sides.ts';
import type { HostDecider } from './stages.ts';

/** What a host's side says of one flow, and who makes it so, each with its stage. */
export function traceHost(side: HostSide, flow: Traffic, host: HostEndpoint, direction: Direction): Traced {
  const maybe = intersectTraffic(flow, side.possible);
  const closed = subtractTraffic(flow, side.allowed);
  const named = (verdicts: readonly HostDecider<Traffic>['verdict'][]): readonly Decider[] =>
    namesOf(
      side.deciders.filter((one) => verdicts.includes(one.verdict)),
      flow,
      host,
      direction,
    );
  if (isNoTraffic(closed)) return { verdict: 'allow', by: named(['allow']), possible: flow, reasons: [] };
  if (isNoTraffic(maybe)) return { verdict: 'deny', by: named(['deny']), possible: noTraffic, reasons: [] };
  return { verdict: 'unknown', by: named(['allow', 'deny']), possible: maybe, reasons: joinReasons(side.doubts) };
}

/** All that may decide about some of the flow: where nothing is in doubt, those that do. */
function namesOf(
  deciders: readonly HostDecider<Traffic>[],
  flow: Traffic,
  host: HostEndpoint,
  direction: Direction,
): readonly Decider[] {
  const meets = (set: Traffic): boolean => !isNoTraffic(intersectTraffic(set, flow));
  const all = deciders.filter(({ taken }) => meets(taken));
  const found = all.flatMap((one) => nameOf(one, host, direction).map((named) => ({ ...named, stage: one.stage })));
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function nameOf(
  { by }: Pick<HostDecider<Traffic>, 'by'>,
  host: HostEndpoint,
  direction: Direction,
): readonly Pick<Decider, 'object' | 'path'>[] {
  const ofHost = (path: string) => [{ object: host.ref.name, path }];
  switch (by.kind) {
    case 'rule':
      return [{ object: refName(by.policy.ref), path: formatPath(by.rule.path) }];
    case 'tier-end': {
      const { name, policies } = by.tier;
      const governing = policies.map(({ ref, subject }) => ({ object: refName(ref), path: formatPath(subject.path) }));
      return name === 'default' ? governing : [...governing, { object: name, path: 'spec.defaultAction' }];
    }
    case 'failsafe':
      return ofHost(direction === 'ingress' ? 'failsafeInboundHostPorts' : 'failsafeOutboundHostPorts');
    case 'not-forwarding':
    case 'no-connection':
      return [];
    case 'profile':
      return [
        {
          object: by.profile.name,
          path: by.rule === undefined ? `spec.${direction}` : formatPath(by.rule.path),
        },
      ];
    case 'missing-profile':
      return ofHost(`spec.profiles[${by.profile.index}]`);
    case 'end':
      return ofHost('spec.profiles');
  }
}
