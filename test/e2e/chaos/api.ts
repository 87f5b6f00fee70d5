import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { ControlPlane } from '../../support/control-plane.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * What became of a call.
 * - allowed, denied: the webhook has answered; of an allowed deletion only the audit log knows whether it was asked
 * - webhook-failed: the API server has asked it and got no answer
 * - api-server: the API server itself did not answer, or refused before it asked anybody
 * - unclear: anything else, which is a fault of the test or of the product
 */
export type Outcome = 'allowed' | 'denied' | 'webhook-failed' | 'api-server' | 'unclear';

export interface Answer {
  readonly outcome: Outcome;
  readonly text: string;
  readonly auditId: string;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
}

/** Speaks to the API server as one user, over connections that are kept. */
export class Api {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string, ca: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 64 });
  }

  static async as(plane: ControlPlane, user: string): Promise<Api> {
    const { users } = JSON.parse(await readFile(plane.kubeconfigFor(user), 'utf8'));
    return new Api(plane.url, users[0].user.token, await readFile(plane.caFile, 'utf8'));
  }

  call(method: Method, path: string, body?: object): Promise<Answer> {
    const began = Date.now();
    const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': type };
    return new Promise((done) => {
      const failed = (error: unknown): void =>
        done({ outcome: 'api-server', text: String(error), auditId: '', began, ended: Date.now() });
      const asked = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('error', failed);
        response.on('end', () => {
          const outcome = outcomeOf(response.statusCode ?? 0, text);
          done({ outcome, text, auditId: String(response.headers['audit-id']), began, ended: Date.now() });
        });
      });
      asked.setTimeout(70_000, () => asked.destroy(new Error('no answer within 70 s')));
      asked.on('error', failed);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function outcomeOf(status: number, text: string): Outcome {
  if (status >= 200 && status < 300) return 'allowed';
  if (/failed calling webhook/.test(text)) return 'webhook-failed';
  if (status === 403) return /admission webhook .* denied the request/.test(text) ? 'denied' : 'api-server';
  return status === 401 || status === 429 || status >= 500 ? 'api-server' : 'unclear';
}
