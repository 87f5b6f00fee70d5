import type { Packet } from './packet.ts';
import type { Direction } from './policy.ts';
import { type Answer, firstFinal } from './tiers.ts';
import { UndefinedByFacts } from './undefined.ts';
import type { World } from './world.ts';

/** Facts §4.1.7, §4.2: in list order, and what none accepts is dropped. One that is missing drops everything (§2.7). */
export function profilesAnswer(world: World, names: readonly string[], direction: Direction, packet: Packet): Answer {
  for (const name of names) {
    const profile = world.profiles.get(name);
    if (profile === undefined) return { verdict: 'deny', by: { kind: 'missing-profile', profile: name } };
    if (profile.rules === undefined) return { verdict: 'allow', by: { kind: 'profile', profile: name } };
    const rule = firstFinal(world, profile.rules[direction], packet);
    if (rule === undefined) continue;
    if (rule.action === 'Pass') throw new UndefinedByFacts('§4.2: Pass in a profile');
    const verdict = rule.action === 'Allow' ? 'allow' : 'deny';
    return { verdict, by: { kind: 'profile', profile: name, path: rule.path } };
  }
  return { verdict: 'deny', by: { kind: 'end', stage: 'normal' } };
}
