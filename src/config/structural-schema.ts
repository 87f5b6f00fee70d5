import { asList, asString, field, isObject, type JsonObject } from '../engine/json/read.ts';

/** Whatever is written is kept. */
const anything: JsonObject = { 'x-kubernetes-preserve-unknown-fields': true };

/** Keywords that mean the same in both, or are about the value alone. */
const takenOver = new Set(['type', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'minItems']);
const aboutKeys = new Set(['minProperties', 'maxProperties', 'required']);

/**
 * A JSON Schema as a CustomResourceDefinition can have it ("structural"): without references, each value of one type,
 * and no key refused by `additionalProperties`, since what a schema does not name is dropped, or refused where the
 * client asks for strict validation. Where a value may have several types, the schema says less; it never refuses what
 * the JSON Schema accepts. Defaults are words only: stored into objects, they would not follow a newer version.
 */
export function structuralSchema(schema: unknown): JsonObject {
  return convert(schema, field(schema, 'definitions'), []);
}

function convert(schema: unknown, definitions: unknown, inside: readonly string[]): JsonObject {
  const name = referenced(schema);
  if (name === undefined) return described(schema, body(schema, definitions, inside));
  // A question inside a question of its kind is left to whoever reads the object: spelled out, they are most of the text.
  if (inside.includes(name)) return { type: 'object', ...anything };
  const target = field(definitions, name);
  return described(schema, described(target, body(target, definitions, [...inside, name])));
}

/** The definition that a schema stands for; a reference with words of its own is the only entry of an `allOf`. */
function referenced(schema: unknown): string | undefined {
  const all = asList(field(schema, 'allOf'));
  const reference = asString(field(all?.length === 1 ? all[0] : schema, '$ref'));
  return reference?.replace('#/definitions/', '');
}

function described(schema: unknown, converted: JsonObject): JsonObject {
  const words = asString(field(schema, 'description')) ?? asString(converted['description']);
  const usual = field(schema, 'default');
  const parts = [words, usual === undefined ? undefined : `Default: ${JSON.stringify(usual)}.`];
  const description = parts.filter((one) => one !== undefined).join(' ');
  const { description: _, ...others } = converted;
  return description === '' ? converted : { description, ...others };
}

function body(schema: unknown, definitions: unknown, inside: readonly string[]): JsonObject {
  const forms = asList(field(schema, 'anyOf'));
  const type = field(schema, 'type');
  if (type === undefined) return forms === undefined ? anything : severalTypes(forms, definitions);
  const converted: { [key: string]: unknown } = {};
  for (const [key, value] of entries(schema)) {
    if (takenOver.has(key) || aboutKeys.has(key)) {
      // The bounds of what JavaScript counts exactly are no bounds of ours.
      if (typeof value !== 'number' || Math.abs(value) < Number.MAX_SAFE_INTEGER) converted[key] = value;
    } else if (key === 'const') converted['enum'] = [value];
    else if (key === 'uniqueItems') converted['x-kubernetes-list-type'] = 'set';
    else if (key === 'items') converted['items'] = convert(value, definitions, inside);
    else if (key === 'properties') {
      converted['properties'] = Object.fromEntries(
        entries(value).map(([name, one]) => [name, convert(one, definitions, inside)]),
      );
    } else if (key === 'additionalProperties' && isObject(value)) {
      converted['additionalProperties'] = convert(value, definitions, inside);
    } else if (key === 'oneOf' || key === 'anyOf') converted[key] = value;
  }
  return converted;
}

/** One schema for a value that may be a number or a text, or several texts, or anything else in several forms. */
function severalTypes(forms: readonly unknown[], definitions: unknown): JsonObject {
  const resolved = forms.map((form) => {
    const name = referenced(form);
    return name === undefined ? form : field(definitions, name);
  });
  const types = [...new Set(resolved.map((form) => field(form, 'type')))].sort().join();
  const fixed = resolved.map((form) => asList(field(form, 'enum')) ?? asList([field(form, 'const')]) ?? []);
  if (types === 'string') return { type: 'string' };
  if (types === 'integer,string') {
    // `minimum` and `maximum` are asked of numbers only, `pattern` of texts only.
    const together: { [key: string]: unknown } = { 'x-kubernetes-int-or-string': true };
    for (const [key, value] of resolved.flatMap(entries))
      if (takenOver.has(key) && key !== 'type') together[key] = value;
    return together;
  }
  const everyValueKnown = fixed.every((values) => values.length > 0 && !values.includes(undefined));
  return everyValueKnown ? { ...anything, enum: fixed.flat() } : anything;
}

function entries(schema: unknown): readonly (readonly [string, unknown])[] {
  return isObject(schema) ? Object.entries(schema) : [];
}
