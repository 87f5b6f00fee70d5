/**
 * How much the brute force tries. Seeds are fixed, so that every run of the tests looks at the same worlds. To look at
 * others, or at more:
 *
 *     BRUTE_FORCE_RUNS=20 BRUTE_FORCE_SEED=7 npx vitest run test/brute-force
 *
 * BRUTE_FORCE_RUNS multiplies the number of worlds of each test; BRUTE_FORCE_SEED takes the place of the fixed seed.
 */
const times = numberFrom('BRUTE_FORCE_RUNS') ?? 1;

/** How often, and from where, a property is tried. @param turn tells apart those that would else try the same */
export function runs(numRuns: number, turn = 0): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.ceil(numRuns * times), seed: (numberFrom('BRUTE_FORCE_SEED') ?? 20_260_101) + turn };
}

/** For tests that run longer because they were asked to. */
export const timeout = 240_000 * Math.max(1, times);

function numberFrom(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) throw new Error(`${name} is ${JSON.stringify(text)}, and not a number`);
  return number;
}

/** Numbers from 0 up to and without `below`, one after the other, the same for the same seed. */
export function chooser(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
