import { z } from 'zod';
import { checked, type Fault, fine, here, mapping, spellings } from './fault.ts';
import { compileJsonPath } from './jsonpath.ts';
import { kindOfObject } from './kinds.ts';
import { readExpression } from './regular-expression.ts';
import { selection } from './selection-schema.ts';
import * as sentences from './sentences.ts';
import { cidr, objectName, spokenText } from './text-schemas.ts';

/** A question about one value. Exactly one key is given. */
export interface WrittenTest {
  readonly equals?: unknown;
  readonly in?: readonly unknown[] | undefined;
  readonly matches?: string | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly subsetOf?: readonly unknown[] | undefined;
  readonly cidrWithin?: string | readonly string[] | undefined;
  readonly not?: WrittenTest | undefined;
  readonly all?: readonly WrittenTest[] | undefined;
  readonly any?: readonly WrittenTest[] | undefined;
}

/** A question about all the nodes that a path leads to. Exactly one key is given. */
export interface WrittenCondition extends WrittenTest {
  readonly exists?: boolean | undefined;
  readonly every?: WrittenTest | undefined;
  readonly some?: WrittenTest | undefined;
  readonly none?: WrittenTest | undefined;
  readonly not?: WrittenCondition | undefined;
  readonly all?: readonly WrittenCondition[] | undefined;
  readonly any?: readonly WrittenCondition[] | undefined;
}

/** A value that a node may have. Null is none: an absent field and a null one are the same. */
const value = checked(z.unknown(), (given) => (given === null ? here(sentences.nullValue()) : fine)).meta({
  not: { type: 'null' },
});

const expression = checked(z.string().min(1), (source): readonly Fault[] => {
  const reading = readExpression(source);
  return reading.ok ? fine : here(sentences.unreadableExpression(reading.reason));
});

const tests = {
  equals: value.optional().describe('The value is this one.'),
  in: z.array(value).min(1).optional().describe('The value is one of these.'),
  matches: expression.optional().describe('The value is a text in which this RE2 expression is found.'),
  atLeast: z.number().optional().describe('The value is a number, this or more.'),
  atMost: z.number().optional().describe('The value is a number, this or less.'),
  subsetOf: z.array(value).optional().describe('The value is a list, and each of its entries is one of these.'),
  cidrWithin: spellings('cidrs', [cidr, z.array(cidr).min(1)])
    .optional()
    .describe('The value is a CIDR or an address, wholly inside these.'),
};

const oneKey = { minProperties: 1, maxProperties: 1 };

const test: z.ZodType<WrittenTest> = checked(
  mapping({
    ...tests,
    not: z.lazy(() => test).optional(),
    all: z
      .array(z.lazy(() => test))
      .min(1)
      .optional(),
    any: z
      .array(z.lazy(() => test))
      .min(1)
      .optional(),
  }),
  oneQuestion,
).meta({ id: 'Test', description: 'A question about one value.', ...oneKey });

const quantifiers = {
  exists: z.boolean().optional().describe('Whether the path leads to anything at all. Null is nothing.'),
  every: test.optional().describe('Every node passes. Without any node it holds.'),
  some: test.optional().describe('At least one node passes. Without any node it is violated.'),
  none: test.optional().describe('No node passes.'),
};

const condition: z.ZodType<WrittenCondition> = checked(
  mapping({
    ...tests,
    ...quantifiers,
    not: z.lazy(() => condition).optional(),
    all: z
      .array(z.lazy(() => condition))
      .min(1)
      .optional(),
    any: z
      .array(z.lazy(() => condition))
      .min(1)
      .optional(),
  }),
  oneQuestion,
).meta({
  id: 'Condition',
  description: 'A question about the nodes that the path leads to. Where it speaks of one value, every node must pass.',
  ...oneKey,
});

function oneQuestion(written: object): readonly Fault[] {
  const keys = Object.keys(written);
  if (keys.length === 1) return fine;
  const known = [...Object.keys(tests), ...Object.keys(quantifiers), 'not', 'all', 'any'];
  return here(keys.length === 0 ? sentences.exactlyOne(known, []) : sentences.severalConditions(keys));
}

const path = checked(z.string(), (text) => {
  const reading = compileJsonPath(text);
  if (reading.ok) return fine;
  if (reading.problem === 'too-long') return here(sentences.pathTooLong());
  if (reading.problem === 'too-many-descents') return here(sentences.pathTooDeep());
  return here(sentences.unreadablePath(text, reading.at));
}).meta({ examples: ['$.spec.order', '$.spec.ingress[*].from[*].ipBlock.cidr'] });

const message = checked(mapping({ en: spokenText.optional(), ja: spokenText.optional() }), (words) =>
  words.en === undefined && words.ja === undefined ? here(sentences.exactlyOne(['en', 'ja'], [])) : fine,
).meta({ minProperties: 1, description: 'What the finding says; a missing language speaks the other one.' });

/** The organisation's own rules, one entry of `custom`. Its mode is added by the schema of the whole. */
export const customRuleParts = {
  name: objectName,
  message,
  match: mapping({
    kinds: z
      .array(kindOfObject)
      .min(1)
      .optional()
      .describe('Kinds such as NetworkPolicy, with or without their group.'),
    operations: z
      .array(z.enum(['CREATE', 'UPDATE', 'DELETE']))
      .min(1)
      .optional()
      .meta({ description: 'Operations that are looked at.', default: ['CREATE', 'UPDATE'] }),
    namespaces: selection.optional(),
  }).optional(),
  path: path.describe('A JSONPath of names, indexes, * and .. only; nothing is evaluated.'),
  condition,
  fix: spokenText.optional().describe('One line of YAML that would mend it.'),
};
