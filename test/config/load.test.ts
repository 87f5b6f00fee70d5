import { describe, expect, it } from 'vitest';
import { type LoadOptions, loadConfiguration } from '../../src/config/load.ts';
import { builtInSet } from '../../src/config/resolve.ts';
import type { GuardrailSet } from '../../src/engine/guardrails/guardrail-set.ts';
import { registry as builtIn } from '../../src/engine/guardrails/registry.ts';
import { selects } from '../../src/engine/model/selection.ts';
import { addressCidrs } from '../../src/engine/sets/addresses.ts';
import { isEveryBox } from '../../src/engine/sets/labels.ts';
import { readings, registry } from './fake-registry.ts';

const now = Date.UTC(2026, 10, 21);

function load(text: string, options: Partial<LoadOptions> = {}): GuardrailSet {
  const result = loadConfiguration([{ file: 'sekisho.yaml', text }], { registry, now, ...options });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.set;
}

function set(spec: string): string {
  const indented = spec.replace(/^/gm, '  ');
  return `apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: { name: acme }\nspec:\n${indented}\n`;
}

const empty = 'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\n';

describe('defaults', () => {
  const usual = load('');

  it('says who is who', () => {
    expect(usual.platform).toEqual({ groups: ['system:masters'], users: [] });
    expect(usual.deployers).toEqual({
      groups: ['system:serviceaccounts:flux-system', 'system:serviceaccounts:argocd'],
      users: [],
    });
    expect(usual.ownNamespace).toBe('sekisho-system');
    expect(usual.enforcer).toBe('generic');
    expect(usual.exemptions).toEqual([]);
  });

  it('leaves nine namespaces alone, by name', () => {
    expect(usual.excludedNamespaces.names).toEqual([
      'kube-system',
      'kube-public',
      'kube-node-lease',
      'calico-system',
      'calico-apiserver',
      'tigera-operator',
      'flux-system',
      'argocd',
      'sekisho-system',
    ]);
    expect(isEveryBox(usual.excludedNamespaces.labels)).toBe(true);
  });

  it('knows nothing of the cluster but its DNS', () => {
    const { podAddresses, serviceAddresses, nodeAddresses, apiServers, dns, applicationLayer } = usual.cluster;
    expect([podAddresses, serviceAddresses, nodeAddresses].flatMap(addressCidrs)).toEqual([]);
    expect(apiServers).toEqual([]);
    expect(dns).toEqual([{ namespace: 'kube-system', podLabels: new Map([['k8s-app', 'kube-dns']]) }]);
    expect(applicationLayer).toBe(false);
  });

  it('has every guardrail of the registry, in its order, as it comes', () => {
    expect(usual.guardrails.map((one) => one.configured.guardrail)).toEqual(registry);
    for (const { mode, findings, overrides } of usual.guardrails) {
      expect([mode, findings.size, overrides.length]).toEqual([undefined, 0, 0]);
    }
    expect(readings.at(-1)).toEqual({
      directions: ['ingress', 'egress'],
      maxAddresses: { ipv4: 8, ipv6: 32 },
      openPorts: [],
      maxPorts: 1024,
    });
  });

  it.each(['', '# nothing\n', '---\n', empty, `${empty}spec: {}\n`, `${empty}spec:\n  guardrails: {}\n`])(
    'are what %j means',
    (text) => {
      const { hash, guardrails, ...rest } = load(text);
      const { hash: builtInHash, guardrails: builtInGuardrails, ...builtIn } = builtInSet({ registry });
      expect(rest).toEqual(builtIn);
      expect(guardrails.length).toBe(builtInGuardrails.length);
      expect(hash).toMatch(/^[0-9a-f]{12}$/);
      if (!text.includes('guardrails')) expect(hash).toBe(builtInHash);
    },
  );

  it('are what no file at all means', () => {
    const result = loadConfiguration([], { registry, now });
    expect(result).toMatchObject({ ok: true, warnings: [], found: { guardrailSet: false, exemptions: 0 } });
    expect(result.ok && result.set.hash).toBe(builtInSet({ registry }).hash);
  });
});

describe('the example of the reference', () => {
  const example = load(
    set(`enforcer: calico
cluster:
  podCIDRs: [10.244.0.0/16, "fd00:10:244::/48"]
  serviceCIDRs: [10.96.0.0/12]
  nodeCIDRs: [192.0.2.0/24]
  apiServers: [{ cidr: 192.0.2.10/32, port: 6443 }]
  dns: [{ cidr: 169.254.20.10/32 }, { namespace: kube-system, podLabels: { k8s-app: coredns } }]
  applicationLayer: true
platform: { groups: [ops] }
deployers: { users: ["system:serviceaccount:ci:deployer"] }
namespaces:
  exclude: { names: [kube-*, legacy], labels: { guarded: "no" } }
exemptions: { maxDays: 30 }
guardrails:
  forbid-doors:
    mode: off
    findings: { wide: audit, narrow: off }
    settings:
      directions: [Egress]
      maxAddresses: { ipv4: /16 }
      openPorts: [{ direction: Egress, protocol: UDP, port: 53 }]
      maxPorts: 0
    overrides:
      - namespaces: { labels: { exposure: public } }
        mode: warn
      - namespaces: { selector: { matchExpressions: [{ key: team, operator: In, values: [a, b] }] }, names: [a*] }
        findings: { wide: enforce }`),
  );

  it('reads the cluster', () => {
    const { podAddresses, nodeAddresses, apiServers, dns } = example.cluster;
    expect(addressCidrs(podAddresses)).toEqual(['10.244.0.0/16', 'fd00:10:244::/48']);
    expect(addressCidrs(nodeAddresses)).toEqual(['192.0.2.0/24']);
    expect(apiServers.map(({ addresses, port }) => [addressCidrs(addresses), port])).toEqual([
      [['192.0.2.10/32'], 6443],
    ]);
    expect(dns).toMatchObject([{ addresses: {} }, { namespace: 'kube-system' }]);
    expect(example.cluster.applicationLayer).toBe(true);
  });

  it('puts what is written in the place of the default as a whole', () => {
    expect(example.platform).toEqual({ groups: ['ops'], users: [] });
    expect(example.deployers).toEqual({ groups: [], users: ['system:serviceaccount:ci:deployer'] });
    expect(example.excludedNamespaces.names).toEqual(['kube-*', 'legacy']);
  });

  it('asks names and labels of a selection together', () => {
    const { excludedNamespaces } = example;
    const no = new Map([['guarded', 'no']]);
    expect(selects(excludedNamespaces, 'kube-system', no)).toBe(true);
    expect(selects(excludedNamespaces, 'kube-system', new Map())).toBe(false);
    expect(selects(excludedNamespaces, 'shop', no)).toBe(false);
  });

  it('reads modes; YAML calls a bare off false', () => {
    const [doors] = example.guardrails;
    expect(doors?.mode).toBe('off');
    expect([...(doors?.findings ?? [])]).toEqual([
      ['wide', 'audit'],
      ['narrow', 'off'],
    ]);
  });

  it('reads overrides in their order', () => {
    const overrides = example.guardrails[0]?.overrides ?? [];
    expect(overrides.map(({ mode, findings }) => [mode, [...findings]])).toEqual([
      ['warn', []],
      [undefined, [['wide', 'enforce']]],
    ]);
    const [, teams] = overrides;
    expect(teams && selects(teams.namespaces, 'apple', new Map([['team', 'b']]))).toBe(true);
    expect(teams && selects(teams.namespaces, 'apple', new Map([['team', 'c']]))).toBe(false);
    expect(teams && selects(teams.namespaces, 'pear', new Map([['team', 'b']]))).toBe(false);
  });

  it('reads settings and merges them over their defaults', () => {
    load(set('guardrails:\n  forbid-doors:\n    settings: { directions: [Egress], maxAddresses: { ipv4: 16 } }'));
    expect(readings.at(-1)).toEqual({
      directions: ['egress'],
      maxAddresses: { ipv4: 16, ipv6: 32 },
      openPorts: [],
      maxPorts: 1024,
    });
  });
});

describe('the guardrails there are', () => {
  it('accept their own defaults, written out', () => {
    const guardrails = Object.fromEntries(
      builtIn.map(({ name, settings }) => [
        name,
        { settings: Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting.default])) },
      ]),
    );
    const text = JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet', spec: { guardrails } });
    const result = loadConfiguration([{ file: 'f', text }], { registry: builtIn, now });
    expect(result.ok ? [] : result.problems).toEqual([]);
    expect(builtIn.length).toBeGreaterThan(0);
  });
});

describe('options', () => {
  it('lets the caller name the enforcer and the own namespace', () => {
    const { enforcer, ownNamespace } = load(set('enforcer: calico'), {
      enforcerOverride: 'cilium',
      ownNamespace: 'gate',
    });
    expect([enforcer, ownNamespace]).toEqual(['cilium', 'gate']);
  });

  it('reads JSON, several files and Lists', () => {
    const exemption = (name: string) => ({
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'Exemption',
      metadata: { name },
      spec: { guardrails: ['keep-paths'], owner: 'me', reason: 'because', expires: '2026-12-31' },
    });
    const result = loadConfiguration(
      [
        { file: 'a.yaml', text: set('enforcer: ovn') },
        { file: 'b.json', text: JSON.stringify(exemption('z')) },
        {
          file: 'c.json',
          text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [exemption('b'), exemption('a')] }),
        },
      ],
      { registry, now },
    );
    expect(result).toMatchObject({ ok: true, found: { guardrailSet: true, exemptions: 3 } });
    expect(result.ok && result.set.exemptions.map(({ name }) => name)).toEqual(['a', 'b', 'z']);
  });

  it('takes what the API server adds to a custom resource', () => {
    const text = `${empty}metadata:
  name: acme
  uid: 123
  resourceVersion: "7"
  generation: 2
  creationTimestamp: "2026-01-01T00:00:00Z"
  managedFields: [{ manager: kubectl }]
status: { conditions: [] }
`;
    expect(load(text).enforcer).toBe('generic');
  });
});

describe('the hash', () => {
  const first = load(set('enforcer: calico\nguardrails:\n  keep-paths: { mode: warn }')).hash;

  it('does not hang on the order of keys, on comments or on metadata', () => {
    expect(load(set('guardrails: {keep-paths: {mode: warn}} # why\nenforcer: calico')).hash).toBe(first);
    expect(load(set('enforcer: calico\nguardrails:\n  keep-paths: { mode: warn }').replace('acme', 'other')).hash).toBe(
      first,
    );
  });

  it('tells apart what judges differently', () => {
    const hashes = [
      load(set('enforcer: calico\nguardrails:\n  keep-paths: { mode: audit }')).hash,
      load(set('enforcer: calico')).hash,
      load(set('enforcer: calico'), { enforcerOverride: 'ovn' }).hash,
      load(set('enforcer: calico'), { ownNamespace: 'gate' }).hash,
      load('').hash,
      first,
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not hang on the order of exemptions', () => {
    const one = (name: string) =>
      `---\napiVersion: sekisho.dev/v1alpha1\nkind: Exemption\nmetadata: { name: ${name} }\nspec: { guardrails: [keep-paths], owner: o, reason: r, expires: 2026-12-31 }\n`;
    expect(load(one('a') + one('b')).hash).toBe(load(one('b') + one('a')).hash);
    expect(load(one('a')).hash).not.toBe(load(one('b')).hash);
  });
});
