/**
 * Why the server cannot start, as one sentence for the person who started it. There is nothing in its stack for them:
 * the caller prints the message alone and ends with exit code 2.
 */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}
