import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../../support/closing-line.ts';
import { ClientTable } from './table.ts';

/** Apart from `npm test`, because the clients have to be built, and for the time that they take. */
export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, '../../..'),
    include: ['test/e2e/gitops/*.test.ts'],
    reporters: ['default', new ClientTable(), new ClosingLine()],
    testTimeout: 180_000,
    // The first run builds the control plane and a client.
    hookTimeout: 3_600_000,
    pool: 'threads',
    // Each file has a control plane of its own, and what it times should not depend on another.
    fileParallelism: false,
  },
});
