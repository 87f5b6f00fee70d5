import { endpointKind, namespaceName } from '../model/attributes.ts';
import { isEveryone, type Peer, type Rule, type RuleList } from '../model/policy.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
} from '../sets/addresses.ts';
import {
  admitsFresh,
  everyLabels,
  intersectBoxes,
  isEmptyBox,
  type LabelBox,
  restrictBox,
  subtractBox,
} from '../sets/labels.ts';
import { isNoTraffic, subtractTraffic, type Traffic } from '../sets/traffic.ts';
import { isNoEndpoint } from '../words/box.ts';

/** Every one of these far ends may use all of this traffic. */
export interface Allowed {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  /** Where only endpoints at certain addresses are meant: which. */
  readonly at: AddressSet | 'any';
  readonly traffic: Traffic;
}

/** Past this many parts, further Deny rules are left aside: what is left is then too much rather than too little. */
const mostParts = 2000;

/**
 * Whom the rules of one direction let through and with what, as parts that add up: what an earlier rule of the policy
 * denies or passes on is already taken out of them. Nothing where the policy does not govern the direction.
 */
export function allowedBy(list: RuleList): readonly Allowed[] {
  if (!list.applies) return [];
  const refused: Allowed[] = [];
  const parts: Allowed[] = [];
  for (const rule of list.rules) {
    if (rule.action === 'log') continue;
    const far = rule.peers.map((peer) => farEnds(peer, rule));
    if (rule.action !== 'allow') refused.push(...far);
    else
      parts.push(
        ...refused.reduce<readonly Allowed[]>(
          without,
          far.filter((part) => !isVoid(part)),
        ),
      );
  }
  return parts;
}

function farEnds({ endpoints, addresses, ...peer }: Peer, { action, traffic }: Rule): Allowed {
  if (isEveryone({ endpoints, addresses, ...peer })) {
    return { addresses: everyAddress, endpoints: [everyLabels], at: 'any', traffic };
  }
  if (endpoints !== 'any') {
    const boxes = endpoints.filter((box) => !isNoEndpoint(box));
    return { addresses: noAddresses, endpoints: boxes, at: boundary(addresses), traffic };
  }
  const whole = addresses === 'any' ? everyAddress : addresses;
  // Whether an address range means pods too is for the enforcer to say; a refusal of every address surely does.
  const pods = action !== 'allow' && boundary(whole) === 'any' ? [everyLabels] : [];
  return { addresses: whole, endpoints: pods, at: 'any', traffic };
}

function boundary(addresses: AddressSet | 'any'): AddressSet | 'any' {
  return addresses === 'any' || containsAddresses(addresses, everyAddress) ? 'any' : addresses;
}

function isVoid(part: Allowed): boolean {
  return isNoTraffic(part.traffic) || (isNoAddress(part.addresses) && part.endpoints.length === 0);
}

/** The parts without what is refused: the far ends that it does not name, and the rest of the traffic to those it does. */
function without(parts: readonly Allowed[], refused: Allowed): readonly Allowed[] {
  if (parts.length > mostParts || refused.at !== 'any') return parts;
  return parts.flatMap((part) => {
    const left = subtractTraffic(part.traffic, refused.traffic);
    const spared: Allowed = {
      ...part,
      addresses: subtractAddresses(part.addresses, refused.addresses),
      endpoints: refused.endpoints.reduce<readonly LabelBox[]>(
        (boxes, gone) => boxes.flatMap((box) => subtractBox(box, gone)),
        part.endpoints,
      ),
    };
    const hit: Allowed = {
      ...part,
      addresses: intersectAddresses(part.addresses, refused.addresses),
      endpoints: part.endpoints.flatMap((box) => shared(box, refused.endpoints)),
      traffic: left,
    };
    return [spared, hit].filter((piece) => !isVoid(piece));
  });
}

function shared(box: LabelBox, others: readonly LabelBox[]): readonly LabelBox[] {
  return others.map((other) => intersectBoxes(box, other)).filter((one) => !isEmptyBox(one));
}

/** Whether a pod without labels is among them, in a namespace that carries only its name, under all but finitely many names. */
export function letsFreshPod(part: Allowed): boolean {
  if (part.at !== 'any') return false;
  return part.endpoints.some((box) => {
    const pods = restrictBox(box, (key) => (key === endpointKind ? { value: 'Pod' } : undefined));
    return pods !== undefined && admitsFresh(pods, namespaceName);
  });
}
