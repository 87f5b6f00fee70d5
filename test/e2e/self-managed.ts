import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../support/control-plane.ts';
import { runSekisho, until } from './cluster.ts';

const root = resolve(import.meta.dirname, '../..');
export const account = 'system:serviceaccount:sekisho-system:sekisho';

/** A control plane with the rights of `deploy/`, and the registration without an authority, which leads to a balancer. */
export interface Registered {
  readonly plane: ControlPlane;
  readonly balancer: Balancer;
  register(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRegistered(more: Partial<ControlPlaneOptions> = {}): Promise<Registered> {
  const plane = await startControlPlane({
    log: (message) => void process.stderr.write(`${message}\n`),
    ...more,
    users: [{ name: account }, ...(more.users ?? [])],
  });
  const balancer = await Balancer.start();
  for (const file of ['namespace', 'access']) {
    const { code, stderr } = await plane.kubectl(['apply', '-f', join(root, `deploy/base/${file}.yaml`)]);
    if (code !== 0) throw new Error(stderr);
  }
  const register = async () => {
    const url = `https://127.0.0.1:${balancer.port}/validate`;
    const stdin = await runSekisho(['manifests', '--url', url, '--failure-policy', 'Fail']);
    const { code, stderr } = await plane.kubectl(['apply', '-f', '-'], { stdin });
    if (code !== 0) throw new Error(stderr);
  };
  return {
    plane,
    balancer,
    register,
    stop: async () => {
      balancer.close();
      await plane.stop();
    },
  };
}

/** Gives each connection to the next replica in turn, as a Service does. */
export class Balancer {
  targets: readonly number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      const port = this.targets[this.#turn++ % this.targets.length];
      if (port === undefined) {
        socket.destroy();
        return;
      }
      const onward = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    await new Promise<void>((done) => balancer.#server.listen(0, '127.0.0.1', done));
    return balancer;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

export class Replica {
  readonly #child: ChildProcess;
  #killed = false;
  text = '';
  url = '';
  metrics = '';

  constructor(plane: ControlPlane, times: string, more: readonly string[] = []) {
    const flags = { '--listen': '127.0.0.1:0', '--metrics-listen': '127.0.0.1:0', '--certs-host': '127.0.0.1' };
    const own = { '--kubeconfig': plane.kubeconfigFor(account), '--certs': 'secret:sekisho-system/sekisho-ca' };
    const args = Object.entries({ ...flags, ...own, '--certs-times': times }).flat();
    this.#child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve', ...args, ...more], {
      cwd: plane.dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C' },
    });
    const hear = (chunk: Buffer) => (this.text += chunk.toString());
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async listening(): Promise<this> {
    [this.url = '', this.metrics = ''] = await until(async () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended with code ${this.#child.exitCode}:\n${this.text}`);
      return /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(this.text)?.slice(1);
    });
    return this;
  }

  async readiness(): Promise<{ ready: boolean; text: string }> {
    const answer = await fetch(`${this.metrics}/readyz?verbose`);
    return { ready: answer.ok, text: await answer.text() };
  }

  async ready(): Promise<void> {
    await this.listening();
    await until(async () => (await this.readiness()).ready).catch(async () => {
      throw new Error(`not ready: ${(await this.readiness()).text}\n${this.text}`);
    });
  }

  /** Empty where nobody answers. */
  async metricsText(): Promise<string> {
    return fetch(`${this.metrics}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
  }

  async metric(name: string): Promise<number | undefined> {
    const text = await this.metricsText();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** Whether it was, or is being, ended without a chance to finish. */
  get isKilled(): boolean {
    return this.#killed;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends the signal and resolves when the process has ended, which is at once where it had ended before. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return;
    this.#killed ||= signal === 'SIGKILL';
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill(signal);
    await ended;
  }

  stop(): Promise<void> {
    return this.end('SIGKILL');
  }
}

/** Asks the API server to create a policy that the webhook refuses: 403 with its words shows that it was asked. */
export class Asker {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string, ca: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  static async for(plane: ControlPlane): Promise<Asker> {
    const config = JSON.parse(await readFile(plane.adminKubeconfig, 'utf8'));
    return new Asker(plane.url, config.users[0].user.token, await readFile(plane.caFile, 'utf8'));
  }

  /** `refused` where all is well, else what the API server said. */
  ask(): Promise<string> {
    const spec = { podSelector: {}, ingress: [{}] };
    const body = JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'probe' },
      spec,
    });
    const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All';
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    return new Promise((done) => {
      const asked = request(`${this.#url}${path}`, { method: 'POST', agent: this.#agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const refused = response.statusCode === 403 && text.includes('forbid-broad-peers/everyone');
          done(refused ? 'refused' : `${response.statusCode}: ${text}`);
        });
      });
      asked.on('error', (error) => done(String(error)));
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
