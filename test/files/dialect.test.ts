import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../src/files/documents.ts';

function read(text: string): unknown {
  const [entry] = readDocuments('a.yaml', text).entries;
  return entry?.kind === 'document' ? entry.value : entry?.error.message;
}

// What sigs.k8s.io/yaml 1.6.0 (go.yaml.in/yaml v2.4.3) made of each of these, which is what kubectl sends.
describe('scalars mean what they mean to kubectl', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['Yes', true],
    ['ON', true],
    ['y', true],
    ['no', false],
    ['Off', false],
    ['N', false],
    ['True', true],
    ['tRuE', 'tRuE'],
    ['yeS', 'yeS'],
    ['"yes"', 'yes'],
    ["'on'", 'on'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['nULL', 'nULL'],
    ['010', 8],
    ['-017', -15],
    ['0o10', 8],
    ['0O17', 15],
    ['08', 8],
    ['0008.5', 8.5],
    ['0o8', '0o8'],
    ['1_000', 1000],
    ['0777_7', 4095],
    ['1__0', 10],
    ['1_0.5', 10.5],
    ['_1', '_1'],
    ['0x1F', 31],
    ['-0x1F', -31],
    ['0x', '0x'],
    ['0x1p4', '0x1p4'],
    ['0b11', 3],
    ['0b2', '0b2'],
    ['+5', 5],
    ['-0', 0],
    ['1.', 1],
    ['.5', 0.5],
    ['+.5', 0.5],
    ['.5_0', 0.5],
    ['._5', '._5'],
    ['1e3', 1000],
    ['09e1', 90],
    ['1.5e', '1.5e'],
    ['1e400', '1e400'],
    ['1,000', '1,000'],
    ['9007199254740993', 9007199254740992],
    ['18446744073709551615', 18446744073709552000],
    ['18446744073709551616', 18446744073709552000],
    ['-9223372036854775809', -(2 ** 63)],
    ['12:30:45', '12:30:45'],
    ['2020-01-01', '2020-01-01'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['::/0', '::/0'],
    ['nan', 'nan'],
    ['.Nan', '.Nan'],
    ['infinity', 'infinity'],
    ['=', '='],
    ['x#y', 'x#y'],
    ['b:c', 'b:c'],
    ['!!str 5', '5'],
    ['!!str yes', 'yes'],
    ['!!str', ''],
    ['!!int "5"', 5],
    ['!!float 5', 5],
    ['!!bool "yes"', true],
    ['!!null ""', null],
    ['!!binary aGVsbG8=', 'hello'],
    ['!!timestamp 2020-01-01', '2020-01-01'],
    ['! 5', '5'],
    ['!foo bar', 'bar'],
    ['!!foo 5', '5'],
    ['!!set {a: null}', { a: null }],
    ['!!omap [a: 1]', [{ a: 1 }]],
    ['"\\x41\\U0001F600"', 'A😀'],
    ['"\\ud83d\\ude00"', '😀'],
    ["''''", "'"],
  ])('%s', (source, value) => {
    expect(read(`a: ${source}\n`)).toEqual({ a: value });
  });

  it.each<[string, string]>([
    ['yes: 1', 'true'],
    ['n: 1', 'false'],
    ['010: 1', '8'],
    ['0x1F: 1', '31'],
    ['9007199254740993: 1', '9007199254740993'],
    ['1.0: 1', '1'],
    ['1.5: 1', '1.5'],
    ['0.1: 1', '0.1'],
    ['123456.7: 1', '123456.7'],
    ['16777217.0: 1', '1.6777216e+07'],
    ['1e6: 1', '1e+06'],
    ['1e21: 1', '1e+21'],
    ['0.00001: 1', '1e-05'],
    ['1e-50: 1', '0'],
    ['3.4028236e38: 1', '.inf'],
    ['2020-01-01: 1', '2020-01-01'],
    ['key with spaces: 1', 'key with spaces'],
    ['"~": 1', '~'],
    ['? |\n  a\n: 1', 'a\n'],
    ['!!binary aGk=: 1', 'hi'],
  ])('the key of %j', (text, key) => {
    expect(read(text)).toEqual({ [key]: 1 });
  });

  it.each([
    ['a: .inf', 'this is not'],
    ['a: -.INF', 'this is not'],
    ['a: .nan', 'this is not'],
    ['a: !!int yes', 'this value is not an integer'],
    ['a: !!int 1.5', 'this value is not an integer'],
    ['a: !!bool 1', 'this value is not a boolean'],
    ['a: !!float x', 'this value is not a number'],
    ['a: !!null x', 'this value is not null'],
    ['a: !!binary x', 'this !!binary value is not base64'],
    ['~: 1', 'this is not valid YAML: a mapping key is empty or null'],
    [': 1', 'this is not valid YAML: a mapping key is empty or null'],
    ['? [a]\n: 1', 'this is not valid YAML: a mapping key must be a text, a number or a boolean'],
    ['? {a: 1}\n: 1', 'this is not valid YAML: a mapping key must be a text, a number or a boolean'],
  ])('%j is refused', (text, message) => {
    const said = read(text);
    if (message === 'this is not') expect(said).toMatch(/^\S+ has no meaning in JSON/);
    else expect(said).toBe(message);
  });

  it('reads block texts', () => {
    expect(read('a: |\n  x\n  y\nb: >-\n  x\n  y\nc: |+\n  x\n\nd: "x\n  y"\n')).toEqual({
      a: 'x\ny\n',
      b: 'x y',
      c: 'x\n\n',
      d: 'x y',
    });
  });
});
