/**
 * Sends sample reviews of the cases to the server that `npm start` has started, over TLS, and prints what kubectl would.
 * The server stands alone and knows no cluster, so these are cases that need none.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { asList, asString, dig } from '../src/engine/json/read.ts';
import { refOf } from '../src/engine/model/object.ts';
import { readCase } from '../test/support/case-file.ts';

const root = resolve(import.meta.dirname, '..');
const url = new URL(process.argv[2] ?? 'https://127.0.0.1:8443/validate');
const samples = [
  'forbid-broad-peers/bad-two-halves.yaml',
  'forbid-broad-peers/bad-not-in-nonsense.yaml',
  'forbid-ambiguous-peers/bad-one-dash-too-many.yaml',
  'require-valid-syntax/bad-cidr-leading-zeros.yaml',
  'forbid-broad-peers/good-one-namespace-by-name.yaml',
];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const ca = await readFile(join(root, 'certs/dev/ca.crt'), 'utf8').catch(() => {
  process.stderr.write('There is no certs/dev/ca.crt: start the server first, with `npm start` in another terminal.\n');
  process.exit(2);
});

for (const path of samples) {
  const one = await readCase(path);
  say(`\n# ${one.title} (test/cases/${path})`);
  for (const document of one.given) {
    say(stringify(document.value).trimEnd());
    const ref = { ...refOf(document.value) };
    const namespace = ref.namespace ?? one.namespace;
    const answer = await review({ ...ref, namespace }, document.value);
    show(answer, `${ref.kind.toLowerCase()}.${ref.group}/${ref.name}`);
  }
}

function review(
  ref: { group: string; version: string; kind: string; namespace: string; name: string },
  object: unknown,
): Promise<unknown> {
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '00000000-0000-0000-0000-000000000001',
      kind: { group: ref.group, version: ref.version, kind: ref.kind },
      operation: 'CREATE',
      namespace: ref.namespace,
      name: ref.name,
      userInfo: { username: 'jane', groups: ['developers'] },
      object,
    },
  });
  return new Promise((done) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request(url, { method: 'POST', ca, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        if (response.statusCode === 200) return done(JSON.parse(text));
        process.stderr.write(`${url.href} answered ${response.statusCode}: ${text}`);
        process.exit(1);
      });
    });
    asked.on('error', (problem) => {
      process.stderr.write(
        `${url.href} does not answer (${problem.message}): start the server with \`npm start\` in another terminal.\n`,
      );
      process.exit(2);
    });
    asked.end(body);
  });
}

/** As `kubectl create` shows the answer. */
function show(answer: unknown, object: string): void {
  for (const warning of asList(dig(answer, 'response', 'warnings')) ?? []) say(`Warning: ${asString(warning) ?? ''}`);
  const message = asString(dig(answer, 'response', 'status', 'message'));
  if (message === undefined) say(`${object} created`);
  else say(`Error from server (Forbidden): admission webhook "policies.sekisho.dev" denied the request: ${message}`);
}
