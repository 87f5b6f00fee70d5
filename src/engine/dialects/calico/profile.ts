import { field, stringMap } from '../../json/read.ts';
import type { Profile } from '../../model/host-endpoint.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Direction, Policy } from '../../model/policy.ts';
import { Problems } from '../problems.ts';
import { checkNames } from './names.ts';
import { readRule } from './rule.ts';

/** Reads a Profile as a policy that selects nothing by itself: endpoints name it. */
export function readProfileRules(object: unknown, ref: ObjectRef): Policy {
  const problems = new Problems('voided');
  checkNames(object, ref, problems);
  const spec = field(object, 'spec');
  problems.isStruct(spec, ['spec']);
  problems.checkFields(spec, ['spec'], ['ingress', 'egress', 'labelsToApply']);
  const list = (direction: Direction) => {
    const path = ['spec', direction];
    const rules = problems
      .list(field(spec, direction), path)
      .map((rule, index) => readRule(rule, direction, [...path, index], undefined, problems).rule);
    return { direction, path, applies: true, declared: true, rules };
  };
  return {
    ref,
    enforced: true,
    tier: 'default',
    order: Number.POSITIVE_INFINITY,
    stage: 'normal',
    applyOnForward: false,
    subject: { path: ['spec'], endpoints: [] },
    ingress: list('ingress'),
    egress: list('egress'),
    problems: problems.found(),
  };
}

export function readProfile(object: unknown, ref: ObjectRef): Profile {
  return {
    name: ref.name,
    labelsToApply: stringMap(field(field(object, 'spec'), 'labelsToApply')),
    rules: readProfileRules(object, ref),
  };
}
