import type { Condition, ValueTest } from '../engine/guardrails/custom-condition.ts';
import { readAddresses } from '../engine/guardrails/settings.ts';
import { sameJson } from '../engine/json/read.ts';
import { containsAddresses, unionAllAddresses } from '../engine/sets/addresses.ts';
import { readAddress, readCidr } from '../engine/sets/cidr.ts';
import type { WrittenCondition, WrittenTest } from './custom-schema.ts';
import { readExpression } from './regular-expression.ts';

const never: ValueTest = () => false;

/**
 * Compiles what a custom rule asks.
 *
 * A condition without `exists`, `every`, `some` or `none` in it speaks of one value, and every node that the path leads
 * to must pass it: `not: {equals: x}` says that no node is x. With one of the four in it, it speaks of the nodes
 * together, and the parts of it that speak of one value again ask it of every node.
 */
export function compileCondition(written: WrittenCondition): Condition {
  if (!speaksOfNodes(written)) return { kind: 'every', test: compileTest(written) };
  const { exists, every, some, none, not, all, any } = written;
  if (exists !== undefined) return { kind: 'exists', wanted: exists };
  if (every !== undefined) return { kind: 'every', test: compileTest(every) };
  if (some !== undefined) return { kind: 'some', test: compileTest(some) };
  if (none !== undefined) return { kind: 'none', test: compileTest(none) };
  if (not !== undefined) return { kind: 'not', condition: compileCondition(not) };
  if (all !== undefined) return { kind: 'all', conditions: all.map(compileCondition) };
  return { kind: 'any', conditions: (any ?? []).map(compileCondition) };
}

function speaksOfNodes({ exists, every, some, none, not, all, any }: WrittenCondition): boolean {
  const own = [exists, every, some, none].some((one) => one !== undefined);
  return own || (not !== undefined && speaksOfNodes(not)) || [...(all ?? []), ...(any ?? [])].some(speaksOfNodes);
}

function compileTest(written: WrittenTest): ValueTest {
  const { equals, matches, atLeast, atMost, subsetOf, cidrWithin, not, all, any } = written;
  if (equals !== undefined) return (value) => sameJson(value, equals);
  if (written.in !== undefined) return oneOf(written.in);
  if (matches !== undefined) return found(matches);
  if (atLeast !== undefined) return (value) => typeof value === 'number' && value >= atLeast;
  if (atMost !== undefined) return (value) => typeof value === 'number' && value <= atMost;
  if (subsetOf !== undefined) {
    const known = oneOf(subsetOf);
    return (value) => Array.isArray(value) && value.every(known);
  }
  if (cidrWithin !== undefined) return within(typeof cidrWithin === 'string' ? [cidrWithin] : cidrWithin);
  if (not !== undefined) {
    const inner = compileTest(not);
    return (value) => !inner(value);
  }
  if (all !== undefined) {
    const inner = all.map(compileTest);
    return (value) => inner.every((test) => test(value));
  }
  const inner = (any ?? []).map(compileTest);
  return (value) => inner.some((test) => test(value));
}

function oneOf(list: readonly unknown[]): ValueTest {
  return (value) => list.some((entry) => sameJson(entry, value));
}

function found(source: string): ValueTest {
  const reading = readExpression(source);
  return reading.ok ? (value) => typeof value === 'string' && reading.matches(value) : never;
}

/** Whether the value is a CIDR, or a bare address as Calico allows it in places, of which every address is inside. */
function within(cidrs: readonly string[]): ValueTest {
  const outer = unionAllAddresses(cidrs.map(readAddresses));
  return (value) => {
    const reading = [readCidr(value), readAddress(value)].find((one) => one.ok);
    return reading?.ok === true && containsAddresses(outer, reading.addresses);
  };
}
