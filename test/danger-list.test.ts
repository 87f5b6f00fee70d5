import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCases } from './support/case-file.ts';

/**
 * What is known to open, or to cut off, more than anybody meant in a cluster with Calico: each row is a case that finds it,
 * or it is named in `docs/out-of-reach.md` with the reason. Rows that are both are found in part.
 */
interface Row {
  readonly what: string;
  /** Case, without `.yaml` -> the keys that it is found by, each under its guardrail. */
  readonly found?: Readonly<Record<string, readonly string[]>>;
  readonly outOfReach?: true;
}

const rows: Readonly<Record<string, Row>> = {
  O1: {
    what: 'a rule allows without saying whom',
    found: { 'forbid-broad-peers/bad-calico-no-source': ['forbid-broad-peers/everyone'] },
  },
  O2: {
    what: 'networks that together are a whole address family',
    found: {
      'forbid-broad-peers/bad-calico-net': ['forbid-broad-peers/every-address'],
      'forbid-broad-peers/bad-two-halves': ['forbid-broad-peers/every-address'],
    },
  },
  O3: {
    what: 'a peer that only says whom it does not mean',
    found: {
      'forbid-broad-peers/bad-calico-not-selector': ['forbid-broad-peers/everyone'],
      'forbid-ambiguous-peers/bad-negative-only': ['forbid-ambiguous-peers/negative-only'],
    },
  },
  O4: {
    what: 'a set becomes huge, or takes on a label that others trust',
    found: {
      'forbid-broad-peers/bad-calico-laundered': ['forbid-broad-peers/laundered-set'],
      'forbid-broad-peers/bad-calico-laundered-label': ['forbid-broad-peers/laundered-set'],
      'forbid-spoofable-trust/bad-copied-label-set': ['forbid-spoofable-trust/copied-label'],
    },
  },
  O5: {
    what: 'an early allow spares all tiers behind it',
    found: { 'require-default-deny/bad-bypassed-by-earlier-tier': ['require-default-deny/bypassed'] },
  },
  O6: {
    what: 'traffic is passed on until the profile of the namespace lets it through',
    found: {
      'require-default-deny/bad-bypassed-by-pass': ['require-default-deny/bypassed'],
      'require-default-deny/bad-lost-by-tier-default': ['require-default-deny/lost'],
      'require-default-deny/bad-bypassed-by-tier-default': ['require-default-deny/bypassed'],
    },
  },
  O7: {
    what: 'a tier changes its place or its end',
    found: {
      'require-default-deny/bad-bypassed-by-tier-order': ['require-default-deny/bypassed'],
      'require-default-deny/bad-bypassed-by-tier-without-order': ['require-default-deny/bypassed'],
      'reserve-tiers/bad-tier-edit-order': ['reserve-tiers/tier-edit'],
    },
  },
  O8: {
    what: 'a policy changes its tier, its order or its directions',
    found: {
      'require-default-deny/bad-lost-by-retiering': ['require-default-deny/lost'],
      'require-default-deny/bad-bypassed-by-order': ['require-default-deny/bypassed'],
      'require-default-deny/bad-lost-calico-type': ['require-default-deny/lost'],
    },
  },
  O9: {
    what: 'the last policy that closes pods goes, whoever is said to have deleted it',
    found: {
      'require-default-deny/bad-lost-cluster-policy': ['require-default-deny/lost'],
      'require-default-deny/bad-lost-unknown-requester': ['require-default-deny/lost-unknown-requester'],
    },
  },
  O10: {
    what: 'an enforced policy becomes a preview',
    found: { 'require-default-deny/bad-lost-staged': ['require-default-deny/lost'] },
  },
  O11: {
    what: 'what Calico cannot read makes a policy vanish, or widens it',
    found: {
      'require-valid-syntax/bad-calico-bare-value': ['require-valid-syntax/bad-selector'],
      'require-valid-syntax/bad-calico-widened-nets': ['require-valid-syntax/bad-cidr'],
      'require-valid-syntax/bad-calico-widened-namespaces': ['require-valid-syntax/bad-selector'],
    },
  },
  O12: {
    what: 'the stored form is written by hand',
    found: {
      'protect-generated/bad-storage-form': ['protect-generated/storage-form'],
      'protect-generated/bad-storage-form-of-a-set': ['protect-generated/storage-form'],
    },
  },
  O13: {
    what: 'rules of a direction that the types do not name',
    found: { 'forbid-dead-rules/bad-calico-type-off': ['forbid-dead-rules/type-off'] },
  },
  O14: {
    what: 'an HTTP match that nothing reads',
    found: { 'forbid-broad-peers/bad-calico-http': ['forbid-broad-peers/everyone'] },
  },
  O15: {
    what: 'an untracked or pre-DNAT allow is asked before all other policies of a host',
    found: {
      'forbid-broad-peers/bad-calico-pre-dnat': ['forbid-broad-peers/everyone'],
      'reserve-hosts/bad-pre-dnat-allow': ['reserve-hosts/host-policy'],
    },
  },
  O16: {
    what: 'a host is not policed any more',
    found: {
      'reserve-hosts/bad-endpoint-deleted': ['reserve-hosts/host-endpoint'],
      'reserve-hosts/bad-every-update': ['reserve-hosts/host-endpoint'],
      'reserve-hosts/bad-default-allow-added': ['reserve-hosts/host-endpoint'],
      'protect-dataplane/bad-host-endpoints-off': ['protect-dataplane/host-endpoints-off'],
    },
  },
  O17: {
    what: 'a default deny of a stage at which no pod is asked about',
    found: {
      'require-default-deny/bad-lost-to-do-not-track': ['require-default-deny/lost'],
      'reserve-hosts/bad-untracked-default-deny': ['reserve-hosts/host-policy'],
    },
  },
  O18: {
    what: 'labels of namespaces, and labels that pretend to be such',
    found: {
      'require-default-deny/bad-lost-by-relabelling': ['require-default-deny/lost'],
      'forbid-spoofable-trust/bad-copied-label-pod': ['forbid-spoofable-trust/copied-label'],
      'forbid-spoofable-trust/bad-copied-label-host': ['forbid-spoofable-trust/copied-label'],
    },
    outOfReach: true,
  },
  O19: {
    what: 'a negative selector on a label that nobody carries',
    found: { 'forbid-broad-peers/bad-calico-not-equal': ['forbid-broad-peers/every-namespace'] },
  },
  O20: {
    what: 'an allow behind a default deny of Kubernetes',
    found: { 'require-default-deny/bad-bypassed-by-later-order': ['require-default-deny/bypassed'] },
  },
  O21: { what: 'policies of an API that a newer Calico does not read any more', outOfReach: true },
  O22: {
    what: 'settings of Felix that let traffic past policies',
    found: { 'protect-dataplane/bad-accept-from-pods': ['protect-dataplane/bypass'] },
  },
  O23: {
    what: 'the same, hidden in an annotation',
    found: {
      'protect-dataplane/bad-hidden-append': ['protect-dataplane/hidden-parameter', 'protect-dataplane/bypass'],
    },
  },
  O24: { what: "rules of the host's own behind an accept of Calico", outOfReach: true },
  O25: {
    what: 'a deny of IPv4 alone',
    found: { 'forbid-broad-peers/bad-calico-ipv6-left': ['forbid-broad-peers/every-address'] },
  },
  O26: { what: 'connections that are open already', outOfReach: true },
  D1: {
    what: 'a port or a protocol at which the agents of Calico stall',
    found: {
      'require-valid-syntax/bad-calico-port-stalls': ['require-valid-syntax/bad-port'],
      'require-valid-syntax/bad-calico-protocol-number': ['require-valid-syntax/bad-protocol'],
      'require-valid-syntax/bad-calico-staged-port-stalls': ['require-valid-syntax/bad-port'],
    },
  },
  D2: {
    what: 'a policy without selectors governs hosts and system pods',
    found: {
      'forbid-broad-subjects/bad-calico-hosts-too': [
        'forbid-broad-subjects/hosts-too',
        'forbid-broad-subjects/system-namespaces',
      ],
      'keep-hosts-reachable/bad-all-endpoints': ['keep-hosts-reachable/cut-off'],
    },
  },
  D3: {
    what: 'a negative namespaceSelector alone governs hosts',
    found: {
      'forbid-broad-subjects/bad-calico-hosts-negative': ['forbid-broad-subjects/hosts-too'],
      'keep-hosts-reachable/bad-negative-namespace': ['keep-hosts-reachable/cut-off'],
    },
  },
  D4: {
    what: 'directions that follow from what is left out',
    found: {
      'forbid-dead-rules/bad-calico-undeclared': ['forbid-dead-rules/undeclared-types'],
      'forbid-dead-rules/bad-calico-undeclared-stored': ['forbid-dead-rules/undeclared-types'],
    },
  },
  D5: {
    what: 'egress is closed and names do not resolve any more',
    found: {
      'keep-dns/bad-cluster-policy': ['keep-dns/dns-cut'],
      'keep-dns/bad-calico-udp-only': ['keep-dns/dns-tcp-cut'],
      'keep-dns/bad-set-loses-the-server': ['keep-dns/dns-cut'],
    },
  },
  D6: {
    what: 'egress is closed and the API server is out of reach',
    found: { 'keep-flows/bad-calico-api-server': ['keep-flows/cut'] },
    outOfReach: true,
  },
  D7: {
    what: 'a policy of a host logs or passes, and something else decides',
    found: {
      'keep-hosts-reachable/bad-log-only': ['keep-hosts-reachable/cut-off'],
      'keep-hosts-reachable/bad-pass-without-profile': ['keep-hosts-reachable/cut-off'],
    },
  },
  D8: {
    what: 'a host endpoint that nothing opens',
    found: {
      'keep-hosts-reachable/bad-bare-endpoint': ['keep-hosts-reachable/no-policy-no-profile'],
      'keep-hosts-reachable/bad-profile-removed': ['keep-hosts-reachable/no-policy-no-profile'],
      'keep-hosts-reachable/bad-missing-profile': ['keep-hosts-reachable/missing-profile'],
    },
  },
  D9: {
    what: 'hosts become endpoints under policies that were there before',
    found: { 'keep-hosts-reachable/bad-auto-created': ['keep-hosts-reachable/cut-off'] },
  },
  D10: {
    what: 'an endpoint for all interfaces, and nothing allowed from the node itself',
    found: { 'keep-hosts-reachable/bad-every-interface': ['keep-hosts-reachable/cut-off'] },
  },
  D11: {
    what: 'what a node forwards is dropped, failsafe ports and all',
    found: { 'keep-hosts-reachable/bad-forwarded': ['keep-hosts-reachable/forwarded-deny'] },
  },
  D12: {
    what: 'a broad deny before DNAT',
    found: { 'keep-hosts-reachable/bad-pre-dnat': ['keep-hosts-reachable/pre-dnat-deny'] },
  },
  D13: {
    what: 'untracked traffic without its replies',
    found: { 'keep-hosts-reachable/bad-untracked-one-way': ['keep-hosts-reachable/untracked-one-way'] },
  },
  D14: {
    what: 'failsafe ports are lost, in any of the ways there are',
    found: {
      'keep-failsafe-ports/bad-emptied': ['keep-failsafe-ports/emptied'],
      'keep-failsafe-ports/bad-ssh-left-out': ['keep-failsafe-ports/removed'],
      'keep-failsafe-ports/bad-narrowed-by-net': ['keep-failsafe-ports/narrowed'],
      'keep-failsafe-ports/bad-crashes': ['keep-failsafe-ports/crashes'],
      'keep-failsafe-ports/bad-one-node': ['keep-failsafe-ports/removed'],
      'keep-failsafe-ports/bad-annotation-none': ['keep-failsafe-ports/emptied'],
    },
    outOfReach: true,
  },
  D15: {
    what: 'an early tier that ends in deny',
    found: { 'forbid-broad-subjects/bad-calico-early-tier': ['forbid-broad-subjects/system-namespaces'] },
  },
  D16: {
    what: 'a policy in a tier that there is not',
    found: { 'require-default-deny/bad-lost-unknown-tier': ['require-default-deny/lost'] },
  },
  D17: {
    what: 'a deny that comes before the allow it was to follow',
    found: { 'forbid-dead-rules/bad-unreachable-behind-a-policy': ['forbid-dead-rules/unreachable'] },
  },
  D18: {
    what: 'protocols that do not go with what is asked of them',
    found: {
      'require-valid-syntax/bad-calico-udplite': ['require-valid-syntax/bad-protocol'],
      'require-valid-syntax/bad-calico-port-alone': ['require-valid-syntax/bad-port'],
    },
  },
  D19: {
    what: 'hosts as peers, of which no address is known',
    found: { 'keep-hosts-reachable/bad-peers-without-addresses': ['keep-hosts-reachable/cut-off'] },
  },
  D20: {
    what: 'values at which Felix stops',
    found: { 'protect-dataplane/bad-stops-felix': ['protect-dataplane/crash'] },
  },
  D21: {
    what: 'the data plane is switched',
    found: { 'protect-dataplane/bad-ebpf-switched-on': ['protect-dataplane/switch'] },
  },
  D22: { what: 'the whole of Calico stands still', outOfReach: true },
  D23: {
    what: "policies of Calico's own components go",
    found: { 'reserve-tiers/bad-built-in-tier-deleted': ['reserve-tiers/reserved-tier'] },
    outOfReach: true,
  },
  D24: {
    what: 'a set that a deny chooses becomes everyone',
    found: { 'forbid-broad-subjects/bad-calico-denied-set': ['forbid-broad-subjects/system-namespaces'] },
  },
  D25: {
    what: 'Sekisho itself is cut off',
    found: {
      'protect-webhook/bad-earlier-deny': ['protect-webhook/cut-off'],
      'protect-webhook/bad-calico-api-server': ['protect-webhook/cut-off'],
    },
  },
};

const page = resolve(import.meta.dirname, '../docs/out-of-reach.md');
const cases = await readCases();

function count(letter: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

describe('the list of dangers', () => {
  it('has a row for each of them', () => {
    expect(Object.keys(rows)).toEqual([...count('O', 26), ...count('D', 25)]);
    const nowhere = Object.entries(rows).filter(([, { found, outOfReach }]) => found === undefined && !outOfReach);
    expect(nowhere).toEqual([]);
  });

  const finds = Object.entries(rows).flatMap(([id, { what, found = {} }]) =>
    Object.entries(found).map(([name, keys]) => ({ id, what, name, keys })),
  );

  // That a case finds what it expects is tested with the cases.
  it.each(finds)('$id, $what: found by $name', ({ name, keys }) => {
    const one = cases.find(({ path }) => path === `${name}.yaml`);
    const findings = one?.expected.flatMap(({ findings }) => findings) ?? [];
    const loud = findings.filter((line) => / (?:deny|warn) /.test(line)).map((line) => line.split(' ')[0]);
    expect(loud).toEqual(expect.arrayContaining([...keys]));
  });

  it('has the reason for each that is out of reach, and for no other', async () => {
    const text = await readFile(page, 'utf8');
    const named = [...text.matchAll(/^\| ([OD]\d+) +\| (.+?) +\| (.{40,}?) +\|$/gm)].map(([, id]) => id);
    const outOfReach = Object.entries(rows).flatMap(([id, row]) => (row.outOfReach === true ? [id] : []));
    expect(named).toEqual(outOfReach);
  });
});
