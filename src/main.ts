#!/usr/bin/env node
import { heedOutputFailures } from './cli/output-failure.ts';
import { run } from './cli/run.ts';

heedOutputFailures();
// The server is handed over here, and loaded only when it is asked for: no other command needs it.
process.exitCode = await run(process.argv.slice(2), {
  serve: async (flags, io) => (await import('./webhook/serve.ts')).serve(flags, io),
});
