import { readNet } from './port-list.ts';

/** What values of a parameter look like to Felix. */
export interface ParameterForm {
  /** One text for all spellings of a value; undefined for what Felix cannot read. */
  readonly read: (text: string) => string | undefined;
  /** What the word `none` comes to. */
  readonly zero: string;
  /** What was expected. */
  readonly expected: readonly [en: string, ja: string];
}

/** Source of all of these: projectcalico/calico felix/config/param_types.go. */
export const onOff: ParameterForm = {
  read: (text) => {
    const lower = text.toLowerCase();
    if (['true', '1', 'yes', 'y', 't'].includes(lower)) return 'true';
    return ['false', '0', 'no', 'n', 'f'].includes(lower) ? 'false' : undefined;
  },
  zero: 'false',
  expected: ['write true or false', 'true か false を書いてください'],
};

export function oneOf(...values: readonly string[]): ParameterForm {
  const known = new Map(values.map((value) => [value.toLowerCase(), value.toLowerCase()]));
  return {
    read: (text) => known.get(text.toLowerCase()),
    zero: '',
    expected: [`write one of ${values.join(', ')}`, `${values.join('、')} のいずれかを書いてください`],
  };
}

export function matching(pattern: RegExp, expected: ParameterForm['expected']): ParameterForm {
  return { read: (text) => (pattern.test(text) ? text : undefined), zero: '', expected };
}

export const anyText: ParameterForm = { read: (text) => text, zero: '', expected: ['', ''] };

/** As Go reads integers with base 0: decimal, 0x, 0o, 0b, or octal after a 0. */
function integer(text: string): number | undefined {
  const [, sign = '', digits = ''] = /^([+-]?)([0-9a-zA-Z_]+)$/.exec(text) ?? [];
  const plain = digits.replace(/(?<=[0-9a-zA-Z])_(?=[0-9a-fA-F])/g, '');
  const value = /^0[0-7]+$/.test(plain)
    ? Number.parseInt(plain, 8)
    : /^(?:0|[1-9]\d*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)
      ? Number(plain)
      : Number.NaN;
  if (Number.isNaN(value)) return undefined;
  return sign === '-' ? -value : value;
}

export function integerBetween(least: number, most: number): ParameterForm {
  return {
    read: (text) => {
      const value = integer(text);
      return value === undefined || value < least || value > most ? undefined : String(value);
    },
    zero: '0',
    expected: [`write a number from ${least} to ${most}`, `${least} から ${most} の数を書いてください`],
  };
}

/** Unsigned, of 32 bits, two of them set at least. */
export const markMask: ParameterForm = {
  read: (text) => {
    const value = /^[+-]/.test(text) ? undefined : integer(text);
    if (value === undefined || value > 0xffffffff) return undefined;
    return value.toString(2).replaceAll('0', '').length < 2 ? undefined : String(value);
  },
  zero: '0',
  expected: [
    'write a number of 32 bits with two bits set at least',
    '2 ビット以上が立った 32 ビットの数を書いてください',
  ],
};

/** IPv4 only, with commas between. */
export const addressRangeList: ParameterForm = {
  read: (text) => {
    const ranges = text.split(',').map((one) => one.trim());
    const written = ranges.filter((one) => one !== '');
    return written.every((one) => readNet(one)?.family === 4) ? written.join(',') : undefined;
  },
  zero: '',
  expected: ['write IPv4 addresses or CIDRs', 'IPv4 のアドレスか CIDR を書いてください'],
};

export const tableRange: ParameterForm = {
  read: (text) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
    return Number(first) >= 1 && Number(last) >= Number(first) && Number(last) <= 250 ? text : undefined;
  },
  zero: '',
  expected: ['write a range of route tables within 1-250', '1 から 250 の範囲でルートテーブルを指定してください'],
};

const mostTables = 0xffff;

export const tableRanges: ParameterForm = {
  read: (text) => {
    let tables = 0;
    const ranges = [...text.matchAll(/(\d+)-(\d+)/g)];
    for (const [, first, last] of ranges) {
      const least = Number(first);
      const most = Number(last);
      tables += most - least;
      if (least < 1 || least > most || most > 0xffffffff || tables > mostTables) return undefined;
    }
    return ranges.length === 0 ? undefined : text;
  },
  zero: '',
  expected: [
    'write ranges of route tables, 65,535 tables at most',
    'ルートテーブルの範囲を、合計 65,535 個以内で指定してください',
  ],
};
