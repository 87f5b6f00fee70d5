import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { registry } from './fake-registry.ts';

const now = Date.UTC(2026, 10, 21);

function problems(text: string, language: 'en' | 'ja' = 'en'): string[] {
  const result = loadConfiguration([{ file: 'f.yaml', text }], { registry, now, language });
  return result.ok ? [] : result.problems.map(formatProblem);
}

const head = 'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: { name: acme }\n';

/** A GuardrailSet; what is given begins on line 5. */
function set(spec: string): string {
  return `${head}spec:\n${spec.replace(/^/gm, '  ')}\n`;
}

function custom(rest: string): string {
  return set(`custom:\n  - name: mine\n    message: { en: stop }\n${rest.replace(/^/gm, '    ')}`);
}

describe('what a document is', () => {
  it.each([
    [
      'apiVersion: v1\nkind: ConfigMap\n',
      'f.yaml:1:1: apiVersion: unknown apiVersion `v1`; known here: `sekisho.dev/v1alpha1`',
      'f.yaml:2:1: kind: unknown kind `ConfigMap`; known here: `GuardrailSet`, `Exemption`',
    ],
    [
      'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSets\n',
      'f.yaml:2:1: kind: unknown kind `GuardrailSets`; did you mean `GuardrailSet`?',
    ],
    [
      'apiVersion: sekisho.dev/v1\nkind: Exception\n',
      'f.yaml:1:1: apiVersion: unknown apiVersion `sekisho.dev/v1`; did you mean `sekisho.dev/v1alpha1`?',
      'f.yaml:2:1: kind: unknown kind `Exception`; did you mean `Exemption`?',
    ],
    ['# x\nspec: {}\n', 'f.yaml:2:1: `apiVersion` is missing', 'f.yaml:2:1: `kind` is missing'],
    [
      'apiVersion: sekisho.dev/v1alpha1\nkind: 7\n',
      'f.yaml:2:1: kind: expected a text, found the number 7; put it in quotes',
    ],
  ])('%j', (text, ...expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('tells where YAML itself ends', () => {
    const [problem] = problems(`${head}spec: [a\n`);
    expect(problem).toMatch(/^f\.yaml:\d+:\d+: this is not valid YAML: /);
    expect(problems('just a text\n')).toEqual(['f.yaml:1:1: this document is a string, not an object']);
  });

  it('accepts one GuardrailSet and names both places of two', () => {
    const result = loadConfiguration(
      [
        { file: 'a.yaml', text: `# one\n${head}` },
        { file: 'b.yaml', text: `---\n${head}` },
      ],
      { registry, now },
    );
    expect(result.ok ? [] : result.problems).toEqual([
      { file: 'b.yaml', line: 3, column: 1, path: 'kind', message: 'there is a GuardrailSet already, at a.yaml:2:1' },
    ]);
  });
});

describe('unknown keys', () => {
  it.each([
    ['guardrail: {}', 'f.yaml:5:3: spec.guardrail: unknown key `guardrail`; did you mean `guardrails`?'],
    [
      'guardrails:\n  forbid-door: {}',
      'f.yaml:6:5: spec.guardrails.forbid-door: unknown key `forbid-door`; did you mean `forbid-doors`?',
    ],
    [
      'guardrails:\n  forbid-doors:\n    setting: {}',
      'f.yaml:7:7: spec.guardrails.forbid-doors.setting: unknown key `setting`; did you mean `settings`?',
    ],
    [
      'guardrails:\n  forbid-doors:\n    settings: { maxAdresses: {} }',
      'f.yaml:7:19: spec.guardrails.forbid-doors.settings.maxAdresses: unknown key `maxAdresses`; did you mean `maxAddresses`?',
    ],
    [
      'guardrails:\n  forbid-doors:\n    findings: { wied: warn }',
      'f.yaml:7:19: spec.guardrails.forbid-doors.findings.wied: unknown key `wied`; did you mean `wide`?',
    ],
    [
      'namespaces: { exclude: { name: [a] } }',
      'f.yaml:5:28: spec.namespaces.exclude.name: unknown key `name`; did you mean `names`?',
    ],
    ['exemptions: { colour: red }', 'f.yaml:5:17: spec.exemptions.colour: unknown key `colour`; known here: `maxDays`'],
    ['__proto__: { polluted: true }', 'f.yaml:5:3: spec.__proto__: unknown key `__proto__`; nothing is expected here'],
    [
      'namespaces: { exclude: { labels: { __proto__: x } } }',
      'f.yaml:5:38: spec.namespaces.exclude.labels.__proto__: unknown key `__proto__`; nothing is expected here',
    ],
    ['constructor: 1', expect.stringContaining('unknown key `constructor`; known here: `enforcer`')],
    ['"a\\nb": 1', expect.stringContaining('unknown key `a\\nb`')],
  ])('%j', (spec, expected) => {
    expect(problems(set(spec))).toEqual([expected]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('are told all at once, from top to bottom', () => {
    const found = problems(`${head}colour: red\nspec:\n  enforcer: none\n  b: 2\n  a: 1\n`);
    expect(found.map((problem) => problem.split(': ')[0])).toEqual([
      'f.yaml:4:1',
      'f.yaml:6:3',
      'f.yaml:7:3',
      'f.yaml:8:3',
    ]);
  });
});

describe('wrong values', () => {
  it.each([
    ['guardrails: []', 'f.yaml:5:3: spec.guardrails: expected a mapping (key: value), found a list'],
    [
      'guardrails:',
      'f.yaml:5:3: spec.guardrails: expected a mapping (key: value), found null, which is what an empty value means',
    ],
    [
      'enforcer: weave',
      'f.yaml:5:3: spec.enforcer: expected one of `generic`, `calico`, `cilium`, `ovn`, `antrea`, found the text "weave"',
    ],
    [
      'enforcer: celium',
      'f.yaml:5:3: spec.enforcer: expected one of `generic`, `calico`, `cilium`, `ovn`, `antrea`, found the text "celium"; did you mean `cilium`?',
    ],
    [
      'cluster: { podCIDRs: 10.0.0.0/8 }',
      'f.yaml:5:14: spec.cluster.podCIDRs: expected a list, found the text "10.0.0.0/8"',
    ],
    [
      'cluster: { podCIDRs: [10.0.0.0/8, 10.0.0/8] }',
      'f.yaml:5:37: spec.cluster.podCIDRs[1]: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found the text "10.0.0/8" (this is no IP address)',
    ],
    [
      'cluster: { nodeCIDRs: [192.0.2.7] }',
      'f.yaml:5:26: spec.cluster.nodeCIDRs[0]: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found the text "192.0.2.7" (the prefix length is missing, as in 10.0.0.0/8); did you mean `192.0.2.7/32`?',
    ],
    [
      'cluster: { nodeCIDRs: [192.0.2.7/24] }',
      'f.yaml:5:26: spec.cluster.nodeCIDRs[0]: "192.0.2.7/24" has address bits beyond its prefix; write 192.0.2.0/24',
    ],
    [
      'cluster: { apiServers: [{ cidr: 192.0.2.10/32 }] }',
      'f.yaml:5:27: spec.cluster.apiServers[0].port: `port` is missing',
    ],
    [
      'cluster: { apiServers: [{ cidr: 192.0.2.10/32, port: 70000 }] }',
      'f.yaml:5:50: spec.cluster.apiServers[0].port: expected 65535 or less, found the number 70000',
    ],
    [
      'cluster: { apiServers: [{ cidr: 192.0.2.10/32, port: "6443" }] }',
      'f.yaml:5:50: spec.cluster.apiServers[0].port: expected a whole number, found the text "6443"',
    ],
    ['cluster: { dns: [] }', 'f.yaml:5:14: spec.cluster.dns: the list must not be empty'],
    [
      'cluster: { dns: [{ podLabels: { a: b } }] }',
      'f.yaml:5:20: spec.cluster.dns[0]: exactly one of `namespace`, `cidr` is needed here',
    ],
    [
      'cluster: { dns: [{ namespace: a, cidr: 10.0.0.1/32 }] }',
      'f.yaml:5:20: spec.cluster.dns[0]: exactly one of `namespace`, `cidr` is needed here, found `namespace`, `cidr`',
    ],
    [
      'cluster: { applicationLayer: "yes" }',
      'f.yaml:5:14: spec.cluster.applicationLayer: expected true or false, found the text "yes"',
    ],
    [
      'platform: { groups: ["system:*"] }',
      'f.yaml:5:24: spec.platform.groups[0]: "system:*" is compared letter by letter, so "*" stands for nothing here; name each one',
    ],
    ['deployers: { users: [""] }', 'f.yaml:5:24: spec.deployers.users[0]: the text must not be empty'],
    ['exemptions: { maxDays: 0 }', 'f.yaml:5:17: spec.exemptions.maxDays: expected 1 or more, found the number 0'],
    [
      'exemptions: { maxDays: 1.5 }',
      'f.yaml:5:17: spec.exemptions.maxDays: expected a whole number, found the number 1.5',
    ],
    [
      'guardrails: { keep-paths: { mode: enforced } }',
      'f.yaml:5:31: spec.guardrails.keep-paths.mode: expected one of `enforce`, `warn`, `audit`, `off`, found the text "enforced"; did you mean `enforce`?',
    ],
    [
      'guardrails: { keep-paths: { mode: on } }',
      'f.yaml:5:31: spec.guardrails.keep-paths.mode: expected one of `enforce`, `warn`, `audit`, `off`, found the boolean true (so YAML reads `on`, `yes` and `y`)',
    ],
    [
      'guardrails: { keep-paths: { overrides: [{ mode: warn }] } }',
      'f.yaml:5:43: spec.guardrails.keep-paths.overrides[0].namespaces: `namespaces` is missing',
    ],
  ])('%s', (spec, expected) => {
    expect(problems(set(spec))).toEqual([expected]);
  });
});

describe('selections', () => {
  const at = 'f.yaml:5:17: spec.namespaces.exclude';
  it.each([
    [
      '{}',
      `${at}: an empty selection would be everything; give \`names\`, \`labels\` or \`selector\`, or leave the key out`,
    ],
    [
      '{ names: [Shop] }',
      'f.yaml:5:36: spec.namespaces.exclude.names[0]: expected a name of lower-case letters, digits, "-" and ".", found the text "Shop"',
    ],
    [
      '{ labels: { team: 1 } }',
      'f.yaml:5:38: spec.namespaces.exclude.labels.team: expected a text, found the number 1; put it in quotes',
    ],
    [
      '{ labels: { guarded: no } }',
      'f.yaml:5:38: spec.namespaces.exclude.labels.guarded: expected a text, found the boolean false; put it in quotes',
    ],
    [
      '{ selector: { matchExpressions: [{ key: a, operator: Is }] } }',
      'f.yaml:5:69: spec.namespaces.exclude.selector.matchExpressions[0].operator: expected one of `In`, `NotIn`, `Exists`, `DoesNotExist`, found the text "Is"',
    ],
  ])('%s', (selection, expected) => {
    expect(problems(set(`namespaces: { exclude: ${selection} }`))).toEqual([expected]);
  });

  it.each([
    ['{ labels: { "a b": c } }', 'spec.namespaces.exclude.labels'],
    ['{ selector: { matchLabels: { a: "b c" } } }', 'spec.namespaces.exclude.selector'],
    [
      '{ selector: { matchExpressions: [{ key: a, operator: In }] } }',
      'spec.namespaces.exclude.selector.matchExpressions[0]',
    ],
    [
      '{ selector: { matchExpressions: [{ key: a, operator: Exists, values: [b] }] } }',
      'spec.namespaces.exclude.selector.matchExpressions[0]',
    ],
  ])('refuses %s, which Kubernetes would refuse', (selection, path) => {
    const [problem, ...others] = problems(set(`namespaces: { exclude: ${selection} }`));
    expect(problem).toContain(`: ${path}`);
    expect(problem).toContain('Kubernetes would not accept this label selector: ');
    expect(others).toEqual([]);
  });

  it('lets one say everything aloud', () => {
    expect(problems(set('namespaces: { exclude: { selector: {} } }'))).toEqual([]);
    expect(problems(set('namespaces: { exclude: { names: [] } }'))).toEqual([]);
  });
});

describe('settings', () => {
  function doors(settings: string): string[] {
    return problems(set(`guardrails:\n  forbid-doors:\n    settings:\n      ${settings}`));
  }

  it.each([
    ['directions: []', 'directions: the list must not be empty'],
    ['directions: [Ingress, Ingress]', 'directions[1]: the text "Ingress" stands twice in the list'],
    [
      'directions: [ingress]',
      'directions[0]: expected one of `Ingress`, `Egress`, found the text "ingress"; did you mean `Ingress`?',
    ],
    ['maxAddresses: { ipv4: /33 }', 'maxAddresses.ipv4: expected a prefix length such as /8, found the text "/33"'],
    ['maxAddresses: { ipv4: 33 }', 'maxAddresses.ipv4: expected 32 or less, found the number 33'],
    [
      'maxAddresses: { ipv6: 10.0.0.0/8 }',
      'maxAddresses.ipv6: expected a prefix length such as /8, found the text "10.0.0.0/8"',
    ],
    ['maxAddresses: { ipv6: [] }', 'maxAddresses.ipv6: expected a prefix length such as /8, found a list'],
    ['maxPorts: -1', 'maxPorts: expected 0 or more, found the number -1'],
    [
      'openPorts: [{ direction: Egress, protocol: ICMP, port: 53 }]',
      'openPorts[0].protocol: expected one of `TCP`, `UDP`, `SCTP`, found the text "ICMP"',
    ],
    [
      'openPorts: [{ direction: Egress, protocol: TCP, port: 0 }]',
      'openPorts[0].port: expected 1 or more, found the number 0',
    ],
    ['openPorts: [{ direction: Egress, protocol: TCP }]', 'openPorts[0].port: `port` is missing'],
  ])('%s', (settings, expected) => {
    const [problem, ...others] = doors(settings);
    expect(problem).toMatch(/^f\.yaml:8:\d+: /);
    expect(problem?.replace(/^f\.yaml:8:\d+: spec\.guardrails\.forbid-doors\.settings\./, '')).toBe(expected);
    expect(others).toEqual([]);
  });

  it.each(['maxAddresses: { ipv4: 0, ipv6: 128 }', 'maxAddresses: { ipv4: /0, ipv6: /128 }', 'maxPorts: 0'])(
    'accepts %s',
    (settings) => {
      expect(doors(settings)).toEqual([]);
    },
  );

  it.each([
    [
      '{ name: a, from: { everyone: true }, to: {} }',
      'to: exactly one of `pods`, `cidr`, `hosts`, `everyone` is needed here',
    ],
    [
      '{ name: a, from: { everyone: true, cidr: 10.0.0.0/8 }, to: { hosts: all() } }',
      'from: exactly one of `pods`, `cidr`, `hosts`, `everyone` is needed here, found `cidr`, `everyone`',
    ],
    [
      '{ name: a, from: { everyone: false }, to: { hosts: all() } }',
      'from.everyone: expected one of `true`, found the boolean false',
    ],
    [
      '{ name: a, from: { cidr: 10.0.0.1 }, to: { hosts: all() } }',
      'from.cidr: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found the text "10.0.0.1" (the prefix length is missing, as in 10.0.0.0/8); did you mean `10.0.0.1/32`?',
    ],
    ['{ from: { hosts: " " }, name: a, to: { pods: {} } }', 'from.hosts: the text must not be empty'],
    ['{ name: a, from: { everyone: true }, to: { hosts: all() }, ports: [] }', 'ports: the list must not be empty'],
    [
      '{ name: a, from: { everyone: true }, to: { hosts: all() }, ports: [90-80] }',
      'ports[0]: expected a port or a range such as 8000-8010, found the text "90-80"',
    ],
    [
      '{ name: a, from: { everyone: true }, to: { hosts: all() }, ports: [http] }',
      'ports[0]: expected a port or a range such as 8000-8010, found the text "http"',
    ],
    [
      '{ name: a, from: { everyone: true }, to: { hosts: all() }, ports: [0] }',
      'ports[0]: expected 1 or more, found the number 0',
    ],
    [
      '{ name: a, from: { everyone: true }, to: { hosts: all() }, protocol: ICMP, ports: [80] }',
      'protocol: expected one of `TCP`, `UDP`, `SCTP`, found the text "ICMP"',
    ],
    [
      '{ name: immutable, from: { everyone: true }, to: { hosts: all() } }',
      'name: the word "immutable" must not stand in an answer: Flux and kubectl --force delete the live object when they read it',
    ],
  ])('flows: %s', (flow, expected) => {
    const found = problems(set(`guardrails:\n  keep-paths:\n    settings:\n      flows:\n        - ${flow}`));
    expect(found[0]).toMatch(/^f\.yaml:9:\d+: /);
    expect(found[0]?.replace(/^f\.yaml:9:\d+: spec\.guardrails\.keep-paths\.settings\.flows\[0\]\./, '')).toBe(
      expected,
    );
  });

  it('wants the names of flows to differ', () => {
    const flow = '{ name: a, from: { everyone: true }, to: { everyone: true } }';
    expect(problems(set(`guardrails: { keep-paths: { settings: { flows: [${flow}, ${flow}] } } }`))).toEqual([
      expect.stringMatching(
        /^f\.yaml:5:\d+: spec\.guardrails\.keep-paths\.settings\.flows\[1\]\.name: the text "a" stands twice/,
      ),
    ]);
  });
});

describe('custom rules', () => {
  it.each([
    ['condition: { exists: true }', 'path: `path` is missing'],
    [
      'path: spec.order\ncondition: { exists: true }',
      'path: this JSONPath cannot be read from "spec.order" on (character 1); allowed are $, .name, [\'name\'], [0], [*], .*, ..name, and nothing is evaluated',
    ],
    [
      'path: "$.a[?(@.b)]"\ncondition: { exists: true }',
      'path: this JSONPath cannot be read from "[?(@.b)]" on (character 4); allowed are $, .name, [\'name\'], [0], [*], .*, ..name, and nothing is evaluated',
    ],
    ['path: $..a..b..c\ncondition: { exists: true }', 'path: a JSONPath has at most two steps of the form ..name'],
    [
      'path: $.a\ncondition: {}',
      'condition: exactly one of `equals`, `in`, `matches`, `atLeast`, `atMost`, `subsetOf`, `cidrWithin`, `exists`, `every`, `some`, `none`, `not`, `all`, `any` is needed here',
    ],
    [
      'path: $.a\ncondition: { atLeast: 1, atMost: 2 }',
      'condition: a condition asks one thing, found `atLeast`, `atMost`; write all: [{...}, {...}] for several',
    ],
    ['path: $.a\ncondition: { atleast: 1 }', 'condition.atleast: unknown key `atleast`; did you mean `atLeast`?'],
    [
      'path: $.a\ncondition: { matches: "(a" }',
      'condition.matches: this is no regular expression in the syntax of RE2: missing closing ): "(a"',
    ],
    [
      'path: $.a\ncondition: { matches: "(?=a)" }',
      'condition.matches: this is no regular expression in the syntax of RE2: invalid or unsupported Perl syntax: "(?="',
    ],
    [
      'path: $.a\ncondition: { cidrWithin: [10.0.0.0/8, 10/8] }',
      'condition.cidrWithin[1]: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found the text "10/8" (this is no IP address)',
    ],
    [
      'path: $.a\ncondition: { cidrWithin: 10/8 }',
      'condition.cidrWithin: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found the text "10/8" (this is no IP address)',
    ],
    [
      'path: $.a\ncondition: { cidrWithin: 8 }',
      'condition.cidrWithin: expected a CIDR or a list of CIDRs, found the number 8',
    ],
    ['path: $.a\ncondition: { atLeast: high }', 'condition.atLeast: expected a number, found the text "high"'],
    [
      'path: $.a\ncondition: { every: { exists: true } }',
      'condition.every.exists: unknown key `exists`; known here: `equals`, `in`, `matches`, `atLeast`, `atMost`, `subsetOf`, `cidrWithin`, `not`, `all`, `any`',
    ],
    [
      'path: $.a\ncondition: { all: [{ not: { any: [{ matches: "[" }] } }] }',
      'condition.all[0].not.any[0].matches: this is no regular expression in the syntax of RE2: missing closing ]: "["',
    ],
    [
      'path: $.a\ncondition: { equals: null }',
      'condition.equals: expected a value, found null; an absent field and a null one are the same, so ask { exists: false }',
    ],
    [
      'path: $.a\ncondition: { exists: true }\nmatch: { kinds: [NetworkPolicies] }',
      'match.kinds[0]: unknown kind `NetworkPolicies`; did you mean `NetworkPolicy`?',
    ],
    ['path: $.a\ncondition: { exists: true }\nmatch: { kinds: [] }', 'match.kinds: the list must not be empty'],
    [
      'path: $.a\ncondition: { exists: true }\nmatch: { operations: [create] }',
      'match.operations[0]: expected one of `CREATE`, `UPDATE`, `DELETE`, found the text "create"; did you mean `CREATE`?',
    ],
    ['path: $.a\ncondition: { exists: true }\nfix: "a\\nb"', 'fix: this must be a single line'],
    [
      'path: $.a\ncondition: { exists: true }\nfix: Immutable',
      'fix: the word "immutable" must not stand in an answer: Flux and kubectl --force delete the live object when they read it',
    ],
  ])('%j', (rest, expected) => {
    const [problem, ...others] = problems(custom(rest));
    expect(problem?.replace(/^f\.yaml:\d+:\d+: spec\.custom\[0\]\./, '')).toBe(expected);
    expect(others).toEqual([]);
  });

  it('points at the line of the value', () => {
    expect(problems(custom('path: $.a\ncondition:\n  any:\n    - equals: 1\n    - matches: "("'))).toEqual([
      expect.stringMatching(/^f\.yaml:12:13: spec\.custom\[0\]\.condition\.any\[1\]\.matches: /),
    ]);
  });

  it('wants a message in some language, and names that differ', () => {
    const rule = (name: string, message: string) =>
      `{ name: ${name}, message: ${message}, path: $.a, condition: { exists: true } }`;
    expect(problems(set(`custom: [${rule('a', '{}')}]`))).toEqual([
      'f.yaml:5:23: spec.custom[0].message: exactly one of `en`, `ja` is needed here',
    ]);
    expect(problems(set(`custom:\n  - ${rule('a', '{ ja: だめ }')}\n  - ${rule('a', '{ en: stop }')}`))).toEqual([
      'f.yaml:7:9: spec.custom[1].name: the name `a` is taken already, at spec.custom[0].name',
    ]);
    expect(problems(set(`custom: [${rule('A_b', '{ en: stop }')}]`))).toEqual([
      'f.yaml:5:14: spec.custom[0].name: expected a name of lower-case letters, digits, "-" and ".", found the text "A_b"',
    ]);
  });
});

describe('Japanese', () => {
  it('says the same at the same place', () => {
    expect(problems(set('guardrail: {}'), 'ja')).toEqual([
      'f.yaml:5:3: spec.guardrail: 不明なキー `guardrail`。`guardrails` のことですか?',
    ]);
    expect(problems(set('cluster: { podCIDRs: x }'), 'ja')).toEqual([
      'f.yaml:5:14: spec.cluster.podCIDRs: リストが必要ですが、文字列 "x"です',
    ]);
  });
});

describe('input that nobody promised', () => {
  it('has a problem for deep nesting instead of a full stack', () => {
    const nested = (depth: number) => `${'{ not: '.repeat(depth)}{ equals: 1 }${' }'.repeat(depth)}`;
    expect(problems(custom(`path: $.a\ncondition: ${nested(50)}`))).toEqual([]);
    expect(problems(custom(`path: $.a\ncondition: ${nested(150)}`))).toEqual([
      expect.stringContaining('this is nested too deeply'),
    ]);
    expect(problems(custom(`path: $.a\ncondition: ${nested(5000)}`))).toHaveLength(1);
  });

  it('gives an answer to any JSON in any place', () => {
    const key = fc.constantFrom(
      'spec',
      'guardrails',
      'forbid-doors',
      'settings',
      'mode',
      'custom',
      'names',
      '__proto__',
      'x',
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(null, 0, -1.5, '', 'x', true),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom('GuardrailSet', 'Exemption'), (spec, kind) => {
        const text = JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind, spec });
        const result = loadConfiguration([{ file: 'f', text }], { registry, now });
        if (result.ok) expect(result.set.hash).toMatch(/^[0-9a-f]{12}$/);
        else for (const problem of result.problems) expect(problem.message).toMatch(/^[^\n]+$/);
      }),
      { numRuns: 300 },
    );
  });
});
