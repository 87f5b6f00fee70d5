import { configDefaults, defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These build Helm and Flux first: npm run test:gitops.
    exclude: [...configDefaults.exclude, 'test/e2e/gitops/**'],
    reporters: ['default', new ClosingLine()],
    // A property test that found nothing in its runs is worth more than a quick one; the real API server needs to start.
    testTimeout: 240_000,
    hookTimeout: 1_500_000,
    // What is waited for with expect.poll comes when it comes: a busy machine is not a fault.
    expect: { poll: { timeout: 30_000 } },
    pool: 'threads',
    maxWorkers: 2,
    globalSetup: [],
  },
});
