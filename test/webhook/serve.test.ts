import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../src/main.ts');
const review = (operation: string, spec: object) =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      namespace: 'shop',
      name: 'p',
      [operation === 'DELETE' ? 'oldObject' : 'object']: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'p', namespace: 'shop' },
        spec,
      },
    },
  });

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-serve-'));
});

afterEach(async () => {
  if (child?.exitCode === null) {
    const ended = new Promise((done) => child?.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

/** The real process, until it says where it answers or ends. */
async function start(
  ...args: string[]
): Promise<{ url: string; metrics: string; text: () => string; code: number | null }> {
  const began = spawn(
    process.execPath,
    [main, 'serve', '--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', ...args],
    { cwd: folder },
  );
  child = began;
  let text = '';
  began.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let i = 0; i < 600; i += 1) {
    const [, url, metrics] = /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(text) ?? [];
    if (url !== undefined && metrics !== undefined) return { url, metrics, text: () => text, code: null };
    if (began.exitCode !== null) return { url: '', metrics: '', text: () => text, code: began.exitCode };
    await pause(50);
  }
  throw new Error(text);
}

function post(url: string, body: string): Promise<{ status: number | undefined; text: string }> {
  const ca = readFileSync(join(folder, 'certs/dev/ca.crt'));
  return new Promise((done, fail) => {
    const asked = request(
      `${url}/validate`,
      { method: 'POST', ca, headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => done({ status: answer.statusCode, text }));
      },
    );
    asked.on('error', fail);
    asked.end(body);
  });
}

const kubeconfig = (server: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  });

describe('serve', () => {
  it('judges alone, and says what it therefore cannot check', async () => {
    const { url } = await start();
    const { status, text } = await post(url, review('CREATE', { podSelector: {}, ingress: [{}] }));
    expect(status).toBe(200);
    const { response } = JSON.parse(text);
    expect(response).toMatchObject({ uid: 'u', allowed: false, status: { code: 403, reason: 'Forbidden' } });
    expect(response.auditAnnotations['not-checked']).toContain('require-default-deny: no-policies');
  });

  it('gives no verdict before it has seen the cluster: an error, and never an allow', async () => {
    const file = join(folder, 'kubeconfig');
    await writeFile(file, kubeconfig('http://127.0.0.1:1'));
    const { url, metrics } = await start('--kubeconfig', file);
    const { status, text } = await post(url, review('DELETE', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }));
    expect(status).toBe(503);
    expect(text).toContain('not ready to judge: not seen yet: Namespace');
    const ready = await fetch(`${metrics}/readyz?verbose`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('[-]world: not seen yet');
  });

  it('keeps the last good configuration, and says so where readiness is looked at', async () => {
    const file = join(folder, 'sekisho.yaml');
    const set = (spec: string) =>
      `apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: a}\nspec: ${spec}\n`;
    await writeFile(file, set('{guardrails: {forbid-broad-peers: {mode: warn}}}'));
    const { url, metrics } = await start('--config', file);
    const open = review('CREATE', { podSelector: {}, ingress: [{}] });
    expect(JSON.parse((await post(url, open)).text).response.allowed).toBe(true);
    await writeFile(file, set('{guardrail: {}}'));
    const told = async () =>
      (await (await fetch(`${metrics}/readyz?verbose`)).text()).includes(
        '[+]configuration ok (the newest cannot be used',
      );
    for (let i = 0; i < 200 && !(await told()); i += 1) await pause(50);
    expect(await told()).toBe(true);
    expect(JSON.parse((await post(url, open)).text).response.allowed).toBe(true);
    await writeFile(file, set('{}'));
    const denied = async () => JSON.parse((await post(url, open)).text).response.allowed === false;
    for (let i = 0; i < 200 && !(await denied()); i += 1) await pause(50);
    expect(await denied()).toBe(true);
  });

  it.each([
    [['--config', 'missing.yaml'], 'missing.yaml'],
    [['--listen', '127.0.0.1:99999'], '--listen'],
    [['--tls-cert', 'a.crt', '--tls-key', 'a.key'], 'a.crt'],
    [['--world', 'missing'], 'there is no file or folder'],
  ])('with %j ends with 2 and one sentence', async (args, sentence) => {
    const { code, text } = await start(...args);
    expect(code).toBe(2);
    expect(text()).toContain(sentence);
    expect(text()).not.toMatch(/^\s+at /m);
  });

  it('ends with 2 where its port is taken, and says how to choose another', async () => {
    const { url } = await start();
    const first = child;
    const port = new URL(url).port;
    const second = await start('--listen', `127.0.0.1:${port}`);
    expect(second.code).toBe(2);
    expect(second.text()).toContain('--listen');
    child = first;
  });

  it('drains and ends with 0 on SIGTERM', async () => {
    await start();
    const ended = new Promise((done) => child?.once('exit', done));
    child?.kill('SIGTERM');
    await pause(100);
    child?.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
