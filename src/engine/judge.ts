import { calicoComponent } from './dialects/calico/accounts.ts';
import { isJudged } from './dialects/resources.ts';
import type { Finding } from './guardrails/define.ts';
import type { GuardrailConfiguration, GuardrailSet, Identities } from './guardrails/guardrail-set.ts';
import { comparePaths } from './json/path.ts';
import type { Change, User } from './model/change.ts';
import type { CheckContext } from './model/check-context.ts';
import type { Namespace } from './model/namespace.ts';
import { selects } from './model/selection.ts';
import type { World } from './model/world.ts';
import { isOfUnknownRequester, passesAsCalico } from './verdict/calico-writes.ts';
import { effectiveMode } from './verdict/effective-mode.ts';
import { exempt } from './verdict/exempt.ts';
import { Ratchet } from './verdict/ratchet.ts';
import { alwaysPasses } from './verdict/unread.ts';
import { checkWithout, unreadBy } from './verdict/unread-policies.ts';
import type { Effect, JudgedFinding, NotChecked, Verdict } from './verdict/verdict.ts';

export interface Case {
  readonly change: Change;
  /** The World without the change. */
  readonly before: World;
  /** The World with it, and with whatever else comes at the same time. */
  readonly after: World;
  /** The namespace of the object, where it is known better than either World does. */
  readonly namespace?: Namespace | undefined;
  /** Whether nothing else comes at the same time: then the World before is the one with the old object in it. */
  readonly alone?: boolean;
}

/**
 * Judges one change. A pure function: the same case, guardrails and time give the same verdict.
 *
 * The way through: leave alone what is nobody's business here, let every guardrail look, lower what was there before
 * (the ratchet), turn what is exempted into audit, sort.
 *
 * @param now milliseconds since 1970; only exemptions look at it
 */
export function judge(one: Case, set: GuardrailSet, now: number): Verdict {
  const { change, alone = false } = one;
  if (!isJudged(change.ref)) return passed('unknown-kind');
  const ofCalico = passesAsCalico(change);
  if (ofCalico !== undefined) return passed(ofCalico);
  const namespace =
    change.ref.namespace === undefined
      ? undefined
      : (one.namespace ?? (alone ? one.before : one.after).namespaceOrBare(change.ref.namespace));
  if (namespace !== undefined && !isGuarded(namespace, set)) return passed('excluded-namespace');
  if (alwaysPasses(one)) return { allowed: true, findings: [], notChecked: [], exemptions: [] };

  const context = contextOf(one, set);
  const unread = unreadBy(context);
  const ratchet = new Ratchet(context, alone);
  const findings: JudgedFinding[] = [];
  const notChecked: NotChecked[] = [];
  const exemptions = new Set<string>();
  for (const configuration of set.guardrails) {
    if (isOff(configuration)) continue;
    const { configured } = configuration;
    const checked = unread === undefined ? configured.check(context) : checkWithout(unread, configured, context);
    for (const reason of checked.notChecked) notChecked.push({ guardrail: configured.guardrail.name, reason });
    for (const finding of checked.findings) {
      if (finding.skipsPlatform && isPlatform(change.user, set)) continue;
      const mode = effectiveMode(finding, configuration, namespace);
      if (mode === 'off') continue;
      const effect = mode === 'enforce' ? 'deny' : mode;
      if (effect !== 'audit' && ratchet.wasThere(configured, finding)) {
        findings.push(new Judged(finding, 'audit'));
        continue;
      }
      const exemption = exempt(finding, change, namespace, set.exemptions, now);
      if (exemption.answer === 'exempt') exemptions.add(exemption.exemption);
      const expired = exemption.answer === 'expired' ? exemption : undefined;
      findings.push(new Judged(finding, exemption.answer === 'exempt' ? 'audit' : effect, expired));
    }
  }
  return {
    allowed: !findings.some((finding) => finding.effect === 'deny'),
    findings: findings.sort(byGravity),
    notChecked: notChecked.sort((a, b) => compareText(a.guardrail, b.guardrail) || compareText(a.reason, b.reason)),
    exemptions: [...exemptions].sort(),
  };
}

function passed(reason: NotChecked['reason']): Verdict {
  return { allowed: true, findings: [], notChecked: [{ guardrail: '*', reason }], exemptions: [] };
}

function isGuarded(namespace: Namespace, set: GuardrailSet): boolean {
  return namespace.name !== set.ownNamespace && !selects(set.excludedNamespaces, namespace.name, namespace.labels);
}

function contextOf({ change, before, after, alone = false }: Case, set: GuardrailSet): CheckContext {
  return {
    change,
    policy: change.object === undefined ? undefined : after.policy(change.ref),
    // A deletion that does not bring the object along is of the one that the World holds.
    oldPolicy: change.operation === 'CREATE' ? undefined : before.policy(change.ref),
    before,
    after,
    alone,
    enforcer: set.enforcer,
    cluster: set.cluster,
    isGuarded: (name) => isGuarded(after.namespaceOrBare(name), set),
    excluded: set.excludedNamespaces,
    ownNamespace: set.ownNamespace,
    byDeployer: isOneOf(set.deployers, change.user),
    unknownRequester: isOfUnknownRequester(change),
    webhook: { namespace: set.ownNamespace, service: set.ownService },
  };
}

/** A guardrail that is off altogether is not asked at all. */
function isOff({ mode, findings, overrides }: GuardrailConfiguration): boolean {
  if (mode !== 'off') return false;
  const on = (value: string) => value !== 'off';
  if ([...findings.values()].some(on)) return false;
  return !overrides.some((one) => (one.mode !== undefined && on(one.mode)) || [...one.findings.values()].some(on));
}

/** Calico's own components belong to the platform whatever the configuration says. */
function isPlatform(user: User, set: GuardrailSet): boolean {
  return isOneOf(set.platform, user) || calicoComponent(user) !== undefined;
}

function isOneOf(identities: Identities, user: User): boolean {
  return identities.users.includes(user.name) || user.groups.some((group) => identities.groups.includes(group));
}

class Judged implements JudgedFinding {
  readonly guardrail: string;
  readonly key: string;
  readonly effect: Effect;
  readonly path: JudgedFinding['path'];
  readonly witness: JudgedFinding['witness'];
  readonly expired: JudgedFinding['expired'];
  readonly hangsOnWorld: boolean;
  readonly say: JudgedFinding['say'];
  readonly #finding: Finding;

  constructor(finding: Finding, effect: Effect, expired?: JudgedFinding['expired']) {
    this.guardrail = finding.guardrail;
    this.key = finding.key;
    this.effect = effect;
    this.path = finding.path;
    this.witness = finding.witness;
    this.expired = expired;
    this.hangsOnWorld = finding.hangsOnWorld;
    this.say = finding.say;
    this.#finding = finding;
  }

  /** Not before somebody reads it. */
  get fix(): JudgedFinding['fix'] {
    return this.#finding.fix;
  }
}

const gravity: readonly Effect[] = ['deny', 'warn', 'audit'];

function byGravity(a: JudgedFinding, b: JudgedFinding): number {
  return (
    gravity.indexOf(a.effect) - gravity.indexOf(b.effect) ||
    compareText(a.guardrail, b.guardrail) ||
    compareText(a.key, b.key) ||
    comparePaths(a.path, b.path)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
