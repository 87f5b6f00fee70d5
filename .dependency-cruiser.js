/** The architecture as rules: who may import whom. There are no exceptions. */
const only = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** The floors of the engine, from the ground up. What stands on them all (judging, words for a reader, the doors' answers) is free. */
const floors = ['json', 'sets', '(model|dialects)', 'words', 'felix', 'reach', 'breadth', 'guardrails', 'verdict'];

export default {
  forbidden: [
    only(
      'engine-is-pure',
      { path: '^src/engine' },
      { pathNot: '^src/engine' },
      'The engine imports nothing outside itself.',
    ),
    ...floors.map((floor, at) =>
      only(
        `floor-${at + 1}-of-the-engine`,
        { path: `^src/engine/${floor}/` },
        { path: '^src/engine/', pathNot: `^src/engine/(${floors.slice(0, at + 1).join('|')})/` },
        'Nothing in the engine looks at what stands above it.',
      ),
    ),
    only(
      'only-cluster-talks-to-kubernetes',
      { path: '^src', pathNot: '^src/cluster' },
      { path: 'node_modules/@kubernetes/client-node' },
      'One door to the API server.',
    ),
    only(
      'only-config-reads-jsonpath',
      { path: '^src', pathNot: '^src/config' },
      { path: 'node_modules/jsonpath-plus' },
      'JSONPath is compiled once, without evaluation, in one place.',
    ),
    only(
      'doors-are-the-rim',
      { path: '^src', pathNot: ['^src/main[.]ts$', '^src/(webhook|cli)'] },
      { path: '^src/(webhook|cli)' },
      'Nobody imports the webhook or the command line.',
    ),
    only(
      'cli-does-not-import-the-webhook',
      { path: '^src/cli' },
      { path: '^src/webhook' },
      'main.ts hands the server over.',
    ),
    only(
      'webhook-does-not-import-the-cli',
      { path: '^src/webhook' },
      { path: '^src/cli' },
      'The server needs no command line.',
    ),
    only('no-circles', {}, { circular: true }, 'A circle has no first page to read.'),
    only(
      'no-orphans',
      { orphan: true, path: '^src', pathNot: '[.]d[.]ts$' },
      {},
      'A file that nobody imports is not needed.',
    ),
    only(
      'no-development-dependencies',
      { path: '^src' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
      'What runs in production is a production dependency.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
