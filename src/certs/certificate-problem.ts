/** Why certificates cannot be made or kept, as one sentence for the person who asked for them. */
export class CertificateProblem extends Error {
  override readonly name = 'CertificateProblem';
}
