import { jsonFault } from './json-fault.ts';

/** What a body holds, or one sentence about why it cannot be read; `reason` is the label of the error metric. */
export type BodyValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'unreadable'; readonly reason: 'empty' | 'encoding' | 'json' | 'depth'; readonly message: string };

/**
 * How deep lists and objects may lie in each other. A review of any served kind stays under 40; `JSON.parse` itself
 * takes millions, and whoever walks such a value, or writes it out again, runs out of stack.
 */
export const deepestNesting = 200;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the bytes of a body as UTF-8 JSON. Never throws. */
export function readJsonBody(bytes: Uint8Array): BodyValue {
  if (bytes.length === 0) return unreadable('empty', 'the body is empty; an AdmissionReview is expected');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return unreadable('encoding', 'the body is not UTF-8');
  }
  if (nestsDeeper(text, deepestNesting)) {
    return unreadable('depth', `the body nests lists and objects more than ${deepestNesting} deep`);
  }
  try {
    return { kind: 'value', value: JSON.parse(text) };
  } catch {
    return unreadable('json', `the body is not JSON: ${describeFault(text)}`);
  }
}

function unreadable(reason: 'empty' | 'encoding' | 'json' | 'depth', message: string): BodyValue {
  return { kind: 'unreadable', reason, message };
}

function describeFault(text: string): string {
  const offset = jsonFault(text) ?? 0;
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1;
  const place = `at line ${line}, column ${offset - lineStart + 1} (offset ${offset})`;
  return offset === text.length ? `it ends too early, ${place}` : `something unexpected ${place}`;
}

/** Counts brackets outside strings, in the text itself: it costs no stack and runs before anything is built. */
function nestsDeeper(text: string, cap: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > cap) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
