import fc from 'fast-check';

/** The tiny universe that random Calico worlds are made of, so that nearly everything meets everything. */

export const spaces = ['red', 'blue', 'green'] as const;
export const space = fc.constantFrom('red', 'red', 'blue', 'green');

export const nodes = [
  { name: 'node1', addresses: ['172.16.0.1', 'fd01::1'] },
  { name: 'node2', addresses: ['172.16.0.2', 'fd01::2'] },
] as const;

/** Each pod has its own; on the borders of the networks below, inside them and outside. */
export const podAddresses4 = [
  '10.0.0.0',
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '10.0.1.7',
  '10.255.255.255',
  '11.0.0.1',
];
export const podAddresses6 = [
  'fd00::1',
  'fd00::ff',
  'fd00:0:0:1::',
  'fd00:0:0:1::7',
  '2001:db8::1',
  '2001:db9::',
  'fe00::1',
];

export const networks4 = [
  '10.0.0.0/8',
  '10.0.0.0/9',
  '10.0.0.0/24',
  '10.0.1.0/24',
  '10.0.0.1/32',
  '172.16.0.0/31',
  '172.16.0.2/32',
  '192.0.2.0/24',
  '192.0.2.128/25',
  '0.0.0.0/1',
  '128.0.0.0/1',
] as const;
export const networks6 = [
  'fd00::/8',
  'fd00::/64',
  'fd00::1/128',
  'fd01::/127',
  '2001:db8::/32',
  '::/1',
  '8000::/1',
] as const;

/** `admin` is TCP's alone, so that it can be asked for without a protocol. */
export const portNames = ['http', 'dns', 'admin'] as const;
export const portNumbers = [1, 53, 79, 80, 81, 443, 65535] as const;

/** Leaves out what is undefined, as a file does. */
export function written<T extends object>(object: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/** Absent once for so many times that it is there. */
export const perhaps = <T>(arbitrary: fc.Arbitrary<T>, there = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<T | undefined>(undefined) },
    { weight: there, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  );

/** There once for so many times that it is absent. */
export const rarely = <T>(arbitrary: fc.Arbitrary<T>, absent: number): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: absent, arbitrary: fc.constant<T | undefined>(undefined) },
    { weight: 1, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  );

// Selectors, as text

const quoted = (value: string) => (value.length % 2 === 0 ? `"${value}"` : `'${value}'`);

function leaf(keys: readonly string[], values: readonly string[]): fc.Arbitrary<string> {
  const key = fc.constantFrom(...keys);
  const value = fc.constantFrom(...values).map(quoted);
  const set = fc.subarray([...values], { minLength: 0, maxLength: 3 }).map((all) => `{${all.map(quoted).join(', ')}}`);
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(key, fc.constantFrom('==', '==', '!='), value).map((all) => all.join(' ')) },
    { weight: 3, arbitrary: fc.tuple(key, fc.constantFrom('in', 'not in', 'notin'), set).map((all) => all.join(' ')) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(key, fc.constantFrom('contains', 'starts with', 'ends with'), value)
        .map((all) => all.join(' ')),
    },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom('', '!', '!!'), key).map(([not, one]) => `${not}has(${one})`) },
  );
}

/** @param whole what stands for everything, where the place knows such a thing inside of a larger selector */
function selector(keys: readonly string[], values: readonly string[], whole: readonly string[]): fc.Arbitrary<string> {
  const single = leaf(keys, values);
  const part =
    whole.length === 0
      ? single
      : fc.oneof({ weight: 5, arbitrary: single }, { weight: 1, arbitrary: fc.constantFrom(...whole) });
  return fc.oneof(
    { weight: 4, arbitrary: single },
    { weight: 1, arbitrary: fc.tuple(part, fc.constantFrom(' && ', ' || ', '||'), part).map((all) => all.join('')) },
    { weight: 1, arbitrary: fc.tuple(part, part, part).map(([a, b, c]) => `!(${a} || ${b}) && ${c}`) },
    { weight: 1, arbitrary: fc.tuple(part, part, part).map(([a, b, c]) => `${a} || ${b} && !${c}`) },
  );
}

const podKeys = ['app', 'app', 'level'];
const podValues = ['a', 'b', 'x', ''];
const spaceKeys = ['team', 'team', 'kubernetes.io/metadata.name', 'projectcalico.org/name'];
const spaceValues = ['t1', 't2', ...spaces];

const all = fc.constant('all()');

export const podSelector = fc.oneof(
  { weight: 2, arbitrary: all },
  { weight: 4, arbitrary: selector(podKeys, podValues, ['all()']) },
);

/** What a policy may be for: labels that Calico gives, too. */
export const scopeSelector = fc.oneof(
  { weight: 5, arbitrary: podSelector },
  {
    weight: 1,
    arbitrary: selector(
      [
        'role',
        'app',
        'projectcalico.org/namespace',
        'projectcalico.org/serviceaccount',
        'projectcalico.org/orchestrator',
        'pcns.team',
      ],
      ['node', 'a', 'red', 'robot', 'k8s', 't1'],
      ['all()'],
    ),
  },
);

/** Of a policy's scope: all() may stand anywhere. */
export const scopeSpaceSelector = fc.oneof(
  { weight: 1, arbitrary: all },
  { weight: 4, arbitrary: selector(spaceKeys, spaceValues, ['all()']) },
);

/** Of a peer: all() and global() stand alone, as the rest is open. */
export const peerSpaceSelector = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('all()', 'global()') },
  { weight: 4, arbitrary: selector(spaceKeys, spaceValues, []) },
);

export const accountSelector = selector(['role', 'projectcalico.org/name'], ['r1', 'r2', 'robot', 'default'], []);

export const podLabels = fc
  .record({ app: perhaps(fc.constantFrom('a', 'b', ''), 4), level: perhaps(fc.constantFrom('x', 'y')) })
  .map((labels) => written<Record<string, string>>(labels));
