/**
 * Why the cluster cannot be spoken to at all, as one sentence for the person who named it: a kubeconfig that is missing
 * or unreadable, an unknown context, no service account. There is nothing in its stack for them. A server that does not
 * answer is not one of these: that passes.
 */
export class ConnectionProblem extends Error {
  override readonly name = 'ConnectionProblem';
}
