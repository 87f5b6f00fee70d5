import type { FieldPath } from '../../json/path.ts';
import { field, isAbsent, isObject } from '../../json/read.ts';
import type { Action, Direction } from '../../model/policy.ts';
import type { Problems } from '../problems.ts';

const mostEntries = 20;

/** The application layer reads HTTP in TCP only. */
const overHttp: readonly unknown[] = [undefined, null, 'TCP', 6, '6'];

/**
 * Whether a rule is limited to some HTTP requests, which an application layer checks and nothing else does. What is
 * wrong with them is refused where the object is written; where it is stored all the same, packets are judged without.
 *
 * Source: projectcalico/calico libcalico-go/lib/validator/v3/validator.go, validateRule and validateHTTPRule.
 */
export function readHttp(
  rule: unknown,
  action: Action | undefined,
  direction: Direction,
  path: FieldPath,
  problems: Problems,
): boolean {
  const value = field(rule, 'http');
  if (isAbsent(value)) return false;
  const at = [...path, 'http'];
  if (!problems.isStruct(value, at)) return false;
  problems.checkLimits(value, at, ['methods', 'paths']);
  const refuse = (where: FieldPath, what: unknown, reason: string) =>
    problems.add('bad-type', where, what, reason, { consequence: 'refused' });
  if (action !== 'allow') refuse(at, undefined, 'http-on-allow-only');
  if (direction === 'egress') refuse(at, undefined, 'http-on-ingress-only');
  if (!overHttp.includes(field(rule, 'protocol'))) refuse(at, undefined, 'http-over-tcp-only');
  readMethods(field(value, 'methods'), [...at, 'methods'], refuse, problems);
  const paths = problems.list(field(value, 'paths'), [...at, 'paths']);
  if (paths.length > mostEntries) refuse([...at, 'paths'], paths.length, 'too-many-http');
  paths.forEach((entry, index) => {
    readPath(entry, [...at, 'paths', index], refuse, problems);
  });
  return true;
}

type Refuse = (path: FieldPath, value: unknown, reason: string) => void;

function readMethods(value: unknown, path: FieldPath, refuse: Refuse, problems: Problems): void {
  const methods = problems.list(value, path);
  if (methods.length > mostEntries) refuse(path, methods.length, 'too-many-http');
  const seen = new Set<unknown>();
  methods.forEach((method, index) => {
    if (typeof method !== 'string') refuse([...path, index], method, 'not-a-string');
    else if (seen.has(method)) refuse([...path, index], method, 'twice');
    seen.add(method);
  });
}

function readPath(entry: unknown, path: FieldPath, refuse: Refuse, problems: Problems): void {
  if (!problems.isStruct(entry, path)) return;
  problems.checkLimits(entry, path, ['exact', 'prefix']);
  const given = ['exact', 'prefix'].filter((name) => !isAbsent(field(entry, name)));
  const [name] = given;
  if (name === undefined || given.length > 1) {
    refuse(path, isObject(entry) ? entry : undefined, 'http-path-one');
    return;
  }
  const text = field(entry, name);
  if (typeof text !== 'string') refuse([...path, name], text, 'not-a-string');
  else if (!/^\/[^?# ]*$/.test(text)) refuse([...path, name], text, 'http-path-form');
}
