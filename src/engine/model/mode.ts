/** What a finding of a key does: deny, warn, speak to the audit log only, or nothing. */
export type Mode = 'enforce' | 'warn' | 'audit' | 'off';

const gravity: readonly Mode[] = ['off', 'audit', 'warn', 'enforce'];

/** The milder of two modes. */
export function milder(a: Mode, b: Mode): Mode {
  return gravity.indexOf(a) <= gravity.indexOf(b) ? a : b;
}
