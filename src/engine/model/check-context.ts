import type { Change } from './change.ts';
import type { ClusterFacts, EnforcerProfile } from './cluster-facts.ts';
import type { Policy } from './policy.ts';
import type { Selection } from './selection.ts';
import type { World } from './world.ts';

/** All that a guardrail may look at. */
export interface CheckContext {
  readonly change: Change;
  /** The policy as it is to be; undefined on DELETE, and for a change that is not of a policy. */
  readonly policy: Policy | undefined;
  /** The policy as it was; undefined on CREATE, and for a change that is not of a policy. */
  readonly oldPolicy: Policy | undefined;
  readonly before: World;
  readonly after: World;
  /** Whether nothing else changes at the same time: then what the change cannot do by itself did not happen. */
  readonly alone: boolean;
  readonly enforcer: EnforcerProfile;
  readonly cluster: ClusterFacts;
  /** Whether the guardrails watch over this namespace. */
  readonly isGuarded: (namespace: string) => boolean;
  /** The namespaces that they do not watch over. */
  readonly excluded: Selection;
  /** The namespace that Sekisho itself runs in, which they never watch over. */
  readonly ownNamespace: string;
  /** Whether the user is one of the declared tools that apply what was reviewed elsewhere. */
  readonly byDeployer: boolean;
  /** Whether nobody can tell who asked for it: a deletion that Calico's API server does in somebody's name. */
  readonly unknownRequester: boolean;
  /** Where Sekisho itself runs. */
  readonly webhook: OwnWebhook;
}

export interface OwnWebhook {
  readonly namespace: string;
  /** The Service in front of it; undefined where nobody has said which one that is. */
  readonly service: string | undefined;
}
