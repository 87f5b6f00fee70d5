import { isObject } from '../json/read.ts';

/** Texts that YAML reads as themselves, unquoted, inside brackets. */
const plain = /^[A-Za-z_][\w./-]*$/;
const reserved = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

/** A value as one line of YAML, as one would type it: `{matchLabels: {app: web}}`. Deep values are cut off. */
export function flowYaml(value: unknown, depth = 12): string {
  if (depth === 0) return '...';
  if (Array.isArray(value)) return `[${value.map((entry) => flowYaml(entry, depth - 1)).join(', ')}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, entry]) => `${scalar(key)}: ${flowYaml(entry, depth - 1)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? scalar(value) : String(value);
}

function scalar(text: string): string {
  if (plain.test(text) && !reserved.test(text)) return text;
  return /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/.test(text) ? text : JSON.stringify(text);
}
