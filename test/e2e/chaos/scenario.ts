import type { Api, Method } from './api.ts';

/** One call whose answer is evident: `denied` names the finding that must be in the text. */
export interface Step {
  readonly what: string;
  readonly method: Method;
  readonly path: string;
  readonly body?: object;
  readonly expected: 'allowed' | { readonly denied: string };
  /** Comes the moment after the step before, and hangs on what that has made. */
  readonly atOnce?: true;
}

const group = '/apis/networking.k8s.io/v1';
const isolating = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
const narrow = { ...isolating, podSelector: { matchLabels: { app: 'db' } } };
const everyone = { denied: 'forbid-broad-peers/everyone' };
const everyAddress = { denied: 'forbid-broad-peers/every-address' };
const lost = { denied: 'require-default-deny/lost' };

function webSpec(peer: object, port: number) {
  return { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [peer], ports: [{ port }] }] };
}

const front = { podSelector: { matchLabels: { app: 'front' } } };
const all = { ipBlock: { cidr: '0.0.0.0/0' } };
const opened = { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] };

/** A namespace with a pod and a default deny, and a round of calls that ends as it began. */
export class Tenant {
  readonly namespace: string;
  readonly steps: readonly Step[];
  readonly #policies: string;

  /** @param widerFirst whether the round begins with the policy that gets wider, or with the default deny that goes */
  constructor(namespace: string, widerFirst: boolean) {
    this.namespace = namespace;
    this.#policies = `${group}/namespaces/${namespace}/networkpolicies`;
    const create = (name: string, spec: object, query = '') => ({
      method: 'POST' as const,
      path: `${this.#policies}${query}`,
      body: this.#policy(name, spec),
    });
    const at = (name: string) => `${this.#policies}/${name}`;
    const update = (name: string, spec: object) => ({
      method: 'PUT' as const,
      path: at(name),
      body: this.#policy(name, spec),
    });
    const apply = (name: string, spec: object) => ({
      method: 'PATCH' as const,
      path: `${at(name)}?fieldManager=chaos&force=true`,
      body: this.#policy(name, spec),
    });
    const remove = (name: string) => ({ method: 'DELETE' as const, path: at(name) });
    const wider: readonly Step[] = [
      { what: 'create a narrow policy', ...create('web', webSpec(front, 8080)), expected: 'allowed' },
      { what: 'try one for everyone', ...create('open', opened, '?dryRun=All'), expected: everyone },
      { what: 'create one for every address', ...create('open', webSpec(all, 443)), expected: everyAddress },
      { what: 'update a policy', ...update('web', webSpec(front, 8081)), expected: 'allowed' },
      { what: 'open it to every address', ...update('web', webSpec(all, 8081)), expected: everyAddress },
      { what: 'apply a policy', ...apply('web', webSpec(front, 8082)), expected: 'allowed' },
      { what: 'apply it for every address', ...apply('web', webSpec(all, 8082)), expected: everyAddress },
      { what: 'try a narrow one', ...create('other', webSpec(front, 80), '?dryRun=All'), expected: 'allowed' },
      { what: 'delete the narrow policy', ...remove('web'), expected: 'allowed' },
    ];
    const renamed: readonly Step[] = [
      { what: 'delete the last default deny', ...remove('default-deny'), expected: lost },
      { what: 'narrow the last default deny', ...update('default-deny', narrow), expected: lost },
      { what: 'create a second default deny', ...create('second', isolating), expected: 'allowed' },
      { what: 'delete the first at once', ...remove('default-deny'), expected: 'allowed', atOnce: true },
      { what: 'delete the second, now the last', ...remove('second'), expected: lost },
      { what: 'create the first again', ...create('default-deny', isolating), expected: 'allowed' },
      { what: 'narrow the second at once', ...update('second', narrow), expected: 'allowed', atOnce: true },
      { what: 'delete what was narrowed', ...remove('second'), expected: 'allowed' },
    ];
    this.steps = widerFirst ? [...wider, ...renamed] : [...renamed, ...wider];
  }

  /** Brings the namespace to where a round begins; true when it is there. */
  async mend(api: Api): Promise<boolean> {
    const list = await api.call('GET', this.#policies);
    if (list.outcome !== 'allowed') return false;
    const there: string[] = JSON.parse(list.text).items.map((one: { metadata: { name: string } }) => one.metadata.name);
    const whole = this.#policy('default-deny', isolating);
    const put = there.includes('default-deny')
      ? await api.call('PUT', `${this.#policies}/default-deny`, whole)
      : await api.call('POST', this.#policies, whole);
    if (put.outcome !== 'allowed') return false;
    for (const name of there.filter((one) => one !== 'default-deny')) {
      if ((await api.call('DELETE', `${this.#policies}/${name}`)).outcome !== 'allowed') return false;
    }
    return true;
  }

  /** Creates the namespace and its pod. */
  async settle(api: Api): Promise<void> {
    const metadata = { name: this.namespace };
    await api.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    const spec = { containers: [{ name: 'main', image: 'web' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', labels: { app: 'web' } }, spec };
    const made = await api.call('POST', `/api/v1/namespaces/${this.namespace}/pods`, pod);
    if (made.outcome !== 'allowed') throw new Error(made.text);
  }

  #policy(name: string, spec: object) {
    const metadata = { name, namespace: this.namespace };
    return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
  }
}
