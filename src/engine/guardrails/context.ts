import type { Change } from '../model/change.ts';
import type { ClusterFacts, EnforcerProfile } from '../model/cluster-facts.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';

/** All that a guardrail may look at. */
export interface CheckContext {
  readonly change: Change;
  /** The policy as it is to be; undefined on DELETE, and for a change that is not of a policy. */
  readonly policy: Policy | undefined;
  /** The policy as it was; undefined on CREATE, and for a change that is not of a policy. */
  readonly oldPolicy: Policy | undefined;
  readonly before: World;
  readonly after: World;
  readonly enforcer: EnforcerProfile;
  readonly cluster: ClusterFacts;
  /** Whether the guardrails watch over this namespace. */
  readonly isGuarded: (namespace: string) => boolean;
  /** Whether the user is one of the declared tools that apply what was reviewed elsewhere. */
  readonly byDeployer: boolean;
  /** Whether the request came by an account of the API server's own, so that nobody can tell who asked. */
  readonly unknownRequester: boolean;
}
