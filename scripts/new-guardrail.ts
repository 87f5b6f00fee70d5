/** Writes what a new guardrail needs: its file, two good and two bad cases. Then generates the registry and its page. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [name = ''] = process.argv.slice(2);
if (!/^[a-z]+(-[a-z]+)+$/.test(name)) {
  process.stderr.write(
    'Give the guardrail a verb-first name in small letters: npm run new-guardrail forbid-something\n',
  );
  process.exit(2);
}
const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const files = new Map<string, string>([
  [`src/engine/guardrails/${name}.ts`, guardrail()],
  [`test/cases/${name}/bad-first.yaml`, example('A first policy that this guardrail finds', 'first', 'warn')],
  [`test/cases/${name}/bad-second.yaml`, example('A second policy that this guardrail finds', 'second', 'warn')],
  [`test/cases/${name}/good-first.yaml`, example('A look-alike that passes', 'first')],
  [`test/cases/${name}/good-second.yaml`, example('Another look-alike that passes', 'second')],
]);
for (const file of files.keys()) {
  if (
    await access(join(root, file)).then(
      () => true,
      () => false,
    )
  ) {
    process.stderr.write(`${file} is there already; nothing was written.\n`);
    process.exit(2);
  }
}
for (const [file, text] of files) {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
  process.stdout.write(`wrote ${file}\n`);
}
await import('./generate.ts');
process.stdout.write(`
Next:
  1. say in src/engine/guardrails/${name}.ts what must hold, and find what does not
  2. make the cases in test/cases/${name}/ speak of it
  3. add a row to the tables of README.md and README.ja.md
  4. npm run generate && UPDATE_GOLDEN=1 npx vitest run test/cases.test.ts, and read the words aloud
  5. npm run check && npm test
`);

function guardrail(): string {
  return `import { directions, ruleList } from '../model/policy.ts';
import { defineGuardrail, key } from './define.ts';

interface Finding {
  readonly rules: number;
}

/** Why this guardrail is there: what would go wrong without it. */
export const ${camel} = defineGuardrail({
  name: '${name}',
  mode: 'warn',
  summary: {
    en: 'In a sentence: what must hold.',
    ja: '守られるべきことを一文で。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    found: key<Finding>({
      when: {
        en: 'When it is found, in a sentence.',
        ja: '検出される条件を一文で。',
      },
      en: ({ rules }) => ({
        message: \`what is wrong, complete on its own: \${rules} rules\`,
        why: 'What may come of it, and what to do.',
      }),
      ja: ({ rules }) => ({
        message: \`何が問題か。これだけで分かるように: ルール \${rules} 件\`,
        why: '何が起こりうるか、どうすればよいか。',
      }),
    }),
  },
  check: ({ policy, change }, _settings, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const direction of directions) {
      const list = ruleList(policy, direction);
      if (list.applies && list.rules.length > 100) {
        report.found('found', { path: list.path, args: { rules: list.rules.length }, set: { direction } });
      }
    }
  },
});
`;
}

function example(title: string, policy: string, effect?: string): string {
  const findings = effect === undefined ? '' : `\n  findings:\n    - ${name}/found ${effect} spec.ingress`;
  return `title: ${title}
apply:
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: { name: ${policy}, namespace: shop }
    spec:
      podSelector: { matchLabels: { app: ${policy} } }
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector: { matchLabels: { app: client } }
          ports: [{ protocol: TCP, port: 8080 }]
expect:
  verdict: allow${findings}
`;
}
