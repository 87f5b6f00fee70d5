/** What one YAML scalar means, or why it means nothing. */
export type ScalarReading =
  | { readonly value: string | number | boolean | null; readonly key: string | undefined }
  | { readonly fault: string };

/** How a scalar stands in the text: `plain` is false for quoted and block scalars; `tag` is its explicit tag, if any. */
export interface ScalarText {
  readonly source: string;
  readonly plain: boolean;
  readonly tag: string | undefined;
}

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...spellings(true, 'true', 'yes', 'on', 'y'),
  ...spellings(false, 'false', 'no', 'off', 'n'),
  ...spellings(null, 'null', '~', ''),
]);

const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const dotDecimal = /^\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?$/;
const infinite = /^[-+]?\.(?:inf|Inf|INF)$/;
const notANumber = /^\.(?:nan|NaN|NAN)$/;

const standard = 'tag:yaml.org,2002:';
const smallestInteger = -(2n ** 63n);
const largestInteger = 2n ** 63n - 1n;
const largestUnsigned = 2n ** 64n - 1n;

/**
 * Reads a scalar as kubectl does, which is not YAML 1.2: `yes`, `on` and `y` are booleans, `010` is 8, `1_000` is 1000,
 * while `12:30` and `2026-01-01` stay strings. Follows the resolver of go.yaml.in/yaml v2, which sigs.k8s.io/yaml and
 * so every Kubernetes tool uses. `key` is what the scalar is called as a mapping key in JSON; undefined where kubectl
 * refuses it as one.
 */
export function readScalar({ source, plain, tag }: ScalarText): ScalarReading {
  if (tag === undefined) return plain ? resolve(source) : text(source);
  const wanted = tag.startsWith(standard) ? tag.slice(standard.length) : undefined;
  if (wanted === 'binary') return binary(source);
  if (wanted !== 'int' && wanted !== 'float' && wanted !== 'bool' && wanted !== 'null') return text(source);
  const reading = resolve(source);
  if ('fault' in reading) return wanted === 'float' ? reading : { fault: `this value is not ${articles[wanted]}` };
  return fits(reading.value, wanted) ? reading : { fault: `this value is not ${articles[wanted]}` };
}

const articles = { int: 'an integer', float: 'a number', bool: 'a boolean', null: 'null' } as const;

function fits(value: string | number | boolean | null, wanted: keyof typeof articles): boolean {
  if (wanted === 'int') return typeof value === 'number' && Number.isInteger(value);
  if (wanted === 'float') return typeof value === 'number';
  if (wanted === 'bool') return typeof value === 'boolean';
  return value === null;
}

function resolve(source: string): ScalarReading {
  const word = words.get(source);
  if (word === null) return { value: null, key: undefined };
  if (word !== undefined) return { value: word, key: String(word) };
  if (!/^[-+.0-9]/.test(source)) return text(source);
  if (infinite.test(source)) return { fault: `${source} has no meaning in JSON, which is what the cluster stores` };
  if (notANumber.test(source)) return { fault: `${source} has no meaning in JSON, which is what the cluster stores` };
  if (source.startsWith('.')) {
    return dotDecimal.test(source) ? float(source.replaceAll('_', ''), source) : text(source);
  }
  const digits = source.replaceAll('_', '');
  // No integer of 64 bits is longer, in any base; a longer run of digits is not worth reading as one.
  if (digits.length <= 100 && integer.test(digits)) {
    const value = integerOf(digits);
    const signed = /^[-+]/.test(digits);
    if (value >= smallestInteger && (value <= largestInteger || (!signed && value <= largestUnsigned))) {
      return { value: Number(value), key: String(value) };
    }
  }
  return decimal.test(digits) ? float(digits, source) : text(source);
}

function integerOf(digits: string): bigint {
  const negative = digits.startsWith('-');
  const size = digits.replace(/^[-+]/, '');
  const value = BigInt(/^0[0-7]/.test(size) ? `0o${size.slice(1)}` : size.toLowerCase());
  return negative ? -value : value;
}

function float(digits: string, source: string): ScalarReading {
  const value = Number(digits);
  // A number that no double can hold stays the text that it was.
  if (!Number.isFinite(value)) return text(source);
  return { value: value === 0 ? 0 : value, key: floatKey(value) };
}

/** A float key is written with the fewest digits that tell apart 32-bit floats, and an exponent from 1e+06 on. */
function floatKey(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  if (single === 0) return Object.is(single, -0) ? '-0' : '0';
  let shortest = single.toExponential(8);
  for (let places = 0; places < 8; places += 1) {
    const candidate = single.toExponential(places);
    if (Math.fround(Number(candidate)) !== single) continue;
    shortest = candidate;
    break;
  }
  const [mantissa = '', power = '0'] = shortest.split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(Number(shortest));
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function binary(source: string): ScalarReading {
  const packed = source.replace(/\s+/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
    return { fault: 'this !!binary value is not base64' };
  }
  return text(Buffer.from(packed, 'base64').toString('utf8'));
}

function text(source: string): ScalarReading {
  return { value: source, key: source };
}

/** A word as YAML 1.1 lets one write it: lower case, capitalised, upper case. */
function spellings<T>(value: T, ...lower: readonly string[]): readonly (readonly [string, T])[] {
  return lower.flatMap((word) => {
    const capital = word.slice(0, 1).toUpperCase() + word.slice(1);
    return [word, capital, word.toUpperCase()].map((spelling) => [spelling, value] as const);
  });
}
