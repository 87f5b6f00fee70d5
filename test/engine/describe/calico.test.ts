import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describePolicy, type PolicyFacts } from '../../../src/engine/describe/describe.ts';
import { policyText } from '../../../src/engine/describe/sentences.ts';
import { policyResource } from '../../../src/engine/dialects/resources.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { clusterFacts } from './policies.ts';

const feed = `{ apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: { name: feed, labels: { feed: bad } }, spec: { nets: [198.51.100.0/24] } }`;
const world_ = `{ apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: { name: world, labels: { role: world } }, spec: { nets: [0.0.0.0/0] } }`;
const passing = `{ apiVersion: projectcalico.org/v3, kind: Tier, metadata: { name: early }, spec: { order: 10, defaultAction: Pass } }`;
const world = gather(
  [feed, world_, passing].map((text) => parse(text)).map((object) => ({ object, ref: refOf(object) })),
);

function described(
  kind: string,
  spec: string,
): { readonly en: string; readonly ja: string; readonly facts: PolicyFacts } {
  const namespace = kind.includes('Global') || kind === 'Profile' ? {} : { namespace: 'shop' };
  const object = {
    apiVersion: 'projectcalico.org/v3',
    kind,
    metadata: { name: 'web', ...namespace },
    spec: parse(spec),
  };
  const ref = refOf(object);
  const policy = policyResource(ref)?.read(object, ref);
  if (policy === undefined) throw new Error(kind);
  return {
    en: policyText(policy, 'en', world),
    ja: policyText(policy, 'ja', world),
    facts: describePolicy(policy, world, clusterFacts()),
  };
}

const npIngress = (rules: string, more = '') =>
  `{ selector: app == 'web', types: [Ingress], ingress: [${rules}]${more === '' ? '' : `, ${more}`} }`;
const gnp = (rules: string, more: string) => `{ types: [Ingress], ingress: [${rules}], ${more} }`;

const sentences: readonly (readonly [what: string, kind: string, spec: string, en: string, ja: string])[] = [
  [
    'sets by name, a denial first',
    'GlobalNetworkPolicy',
    gnp(
      `{ action: Deny, source: { selector: feed == 'bad' } }, { action: Allow, protocol: TCP, source: { nets: [10.0.0.0/8] }, destination: { ports: [443] } }`,
      `selector: app == 'web', namespaceSelector: all(), order: 5`,
    ),
    'Pods app=web of every namespace first refuse everything from endpoints feed=bad (network set feed: 198.51.100.0/24), then accept TCP 443 from 10.0.0.0/8; they accept nothing else. What they send is not restricted. It stands in tier default, with order 5.',
    'すべての namespace の app=web の Pod は、まず feed=bad のエンドポイント(NetworkSet feed: 198.51.100.0/24)からのすべての通信を拒否し、次に 10.0.0.0/8 から TCP 443 で受信できます。それ以外は受信できません。送信は制限されません。tier default に属し、order は 5 です。',
  ],
  [
    'a tier that passes',
    'NetworkPolicy',
    npIngress(`{ action: Allow, source: { selector: app == 'db' } }`, 'tier: early'),
    'Pods app=web of namespace shop accept everything from endpoints app=db of this namespace; the rest is left to the next tier. What they send is not restricted. It stands in tier early, behind all that have an order.',
    'namespace shop の app=web の Pod は、この namespace の app=db のエンドポイントから制限なく受信できます。それ以外は次の tier に委ねられます。送信は制限されません。tier early に属し、order がないため最後に判定されます。',
  ],
  [
    'a rule that hands on',
    'NetworkPolicy',
    npIngress(`{ action: Pass, source: { nets: [10.0.0.0/8] } }`),
    'Pods app=web of namespace shop leave everything from 10.0.0.0/8 to the next tier; they accept nothing else. What they send is not restricted. It stands in tier default, behind all that have an order.',
    'namespace shop の app=web の Pod は、10.0.0.0/8 からのすべての通信を次の tier に委ねます。それ以外は受信できません。送信は制限されません。tier default に属し、order がないため最後に判定されます。',
  ],
  [
    'service accounts, HTTP, the own side',
    'GlobalNetworkPolicy',
    gnp(
      `{ action: Allow, protocol: TCP, http: { methods: [GET] }, source: { serviceAccounts: { names: [ci] } }, destination: { nets: [10.1.0.0/16] } }`,
      `namespaceSelector: team == 'a', selector: all()`,
    ),
    'Every pod of namespaces team=a accepts every port of TCP from pods running as service account ci of every namespace over IPv4 (only to 10.1.0.0/16; certain HTTP requests only, which nothing but an application layer checks); it accepts nothing else. What it sends is not restricted. It stands in tier default, behind all that have an order.',
    'team=a の namespace のすべての Pod は、すべての namespace の ServiceAccount ci で動作する Pod(IPv4 のみ)から TCP のすべてのポートで(宛先が 10.1.0.0/16 の場合だけ、特定の HTTP リクエストだけ。確認するのはアプリケーション層だけです)受信できます。それ以外は受信できません。送信は制限されません。tier default に属し、order がないため最後に判定されます。',
  ],
  [
    'a Service and everyone but some',
    'GlobalNetworkPolicy',
    `{ selector: has(role), namespaceSelector: all(), types: [Egress], egress: [{ action: Allow, destination: { services: { name: db, namespace: shop } } }, { action: Allow, protocol: UDP, destination: { notSelector: feed == 'bad', ports: [53] } }] }`,
    'Pods with label role of every namespace may send everything to Service db of namespace shop, and UDP 53 to everyone but endpoints feed=bad; they may send nothing else. What they accept is not restricted. It stands in tier default, behind all that have an order.',
    'すべての namespace のラベル role がある Pod は、namespace shop の Service db に制限なく、また feed=bad のエンドポイント以外のすべての相手に UDP 53 で送信できます。それ以外は送信できません。受信は制限されません。tier default に属し、order がないため最後に判定されます。',
  ],
  [
    'a stage of hosts',
    'GlobalNetworkPolicy',
    gnp(
      `{ action: Deny, source: { nets: [203.0.113.0/24] } }`,
      `selector: has(edge), preDNAT: true, applyOnForward: true, order: 1`,
    ),
    'Host endpoints with label edge refuse everything from 203.0.113.0/24; the rest is left to other policies. What they send is not restricted. It stands in tier default, with order 1. It decides about traffic of hosts only, before destinations are translated, node ports included.',
    'ラベル edge がある HostEndpoint は、203.0.113.0/24 からのすべての通信を拒否します。それ以外はほかのポリシーに委ねられます。送信は制限されません。tier default に属し、order は 1 です。宛先アドレスの変換より前に、NodePort を含むホストの通信だけを判定します。',
  ],
  [
    'a policy that is refused',
    'NetworkPolicy',
    `{ selector: "app = 'web'", types: [Ingress] }`,
    'Calico refuses this policy for the mistake below: as it is, nothing of it is enforced. Problem at spec.selector: the selector cannot be read at column 5, where "=" stands: equality is written ==.',
    '下記の誤りがあるため Calico はこのポリシーを拒否し、どの部分も適用されません。spec.selector に問題があります: セレクターを 5 文字目の "=" で解釈できません: 等号は == と書きます。',
  ],
  [
    'a profile',
    'Profile',
    `{ ingress: [{ action: Allow, source: { nets: [10.0.0.0/8] } }], egress: [{ action: Allow }] }`,
    'Endpoints with profile web that no policy governs accept everything from 10.0.0.0/8; they accept nothing else. They may send everything to everyone.',
    'プロファイル web を持ち、どのポリシーの対象でもないエンドポイントは、10.0.0.0/8 から制限なく受信できます。それ以外は受信できません。また、すべての相手に制限なく送信できます。',
  ],
];

describe('policyText of Calico', () => {
  it.each(sentences)('says %s', (_what, kind, spec, en, ja) => {
    const said = described(kind, spec);
    expect(said.en).toBe(en);
    expect(said.ja).toBe(ja);
  });
});

const namesOf = (facts: object) =>
  Object.entries(facts)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .join(' ');

describe('the facts of Calico policies', () => {
  const ingress = (kind: string, spec: string) => namesOf(described(kind, spec).facts.ingress);
  const everyone =
    'applies allowsEveryone allowsEveryoneAnyPort allowsEveryAddress allowsEveryPod allowsAnyPort deniesUnlisted';

  it('know sets of the World', () => {
    const role = `{ action: Allow, protocol: TCP, source: { selector: role == 'world' }, destination: { ports: [80] } }`;
    expect(ingress('GlobalNetworkPolicy', gnp(role, 'namespaceSelector: all()'))).toBe(
      'applies allowsEveryone allowsEveryAddress deniesUnlisted',
    );
    const less = `{ action: Deny, source: { selector: role == 'world' } }, { action: Allow, source: { nets: [10.0.0.0/8] } }`;
    expect(ingress('GlobalNetworkPolicy', gnp(less, 'namespaceSelector: all()'))).toBe(
      'applies allowsNothing deniesUnlisted',
    );
  });

  it('take off what the policy itself denies first, for everybody it governs', () => {
    const allow = '{ action: Allow }';
    expect(ingress('NetworkPolicy', npIngress(allow))).toBe(everyone);
    expect(ingress('NetworkPolicy', npIngress(`{ action: Deny }, ${allow}`))).toBe(
      'applies allowsNothing deniesUnlisted',
    );
    const some = `{ action: Deny, destination: { selector: tier == 'db' } }, ${allow}`;
    expect(ingress('NetworkPolicy', npIngress(some))).toBe(everyone);
  });

  it('tell what becomes of the rest', () => {
    expect(described('NetworkPolicy', npIngress('', 'tier: early')).facts.ingress.deniesUnlisted).toBe(false);
    expect(described('NetworkPolicy', npIngress('', 'tier: gone')).facts.ingress.deniesUnlisted).toBe(true);
    expect(described('StagedNetworkPolicy', npIngress('')).facts.ingress.deniesUnlisted).toBe(false);
    expect(described('NetworkPolicy', npIngress('{ action: Pass }')).facts.ingress.deniesUnlisted).toBe(false);
  });

  it('tell whom it governs', () => {
    const subject = (spec: string) => namesOf(described('GlobalNetworkPolicy', spec).facts.subject);
    expect(subject('{ types: [Ingress] }')).toBe('everyPod everyNamespace hosts');
    expect(subject('{ types: [Ingress], namespaceSelector: all() }')).toBe('everyPod everyNamespace');
    expect(subject(`{ types: [Ingress], namespaceSelector: team == 'a' }`)).toBe('everyPod');
    expect(subject('{ types: [Ingress], doNotTrack: true, applyOnForward: true }')).toBe('hosts');
  });

  it('tell whether names can still be resolved', () => {
    const blocks = (egress: string) =>
      described('NetworkPolicy', `{ types: [Egress], egress: [${egress}] }`).facts.egress.blocksDNS;
    expect(blocks('')).toBe(true);
    expect(blocks('{ action: Allow, protocol: UDP, destination: { ports: [53] } }')).toBe(false);
    expect(blocks('{ action: Allow, protocol: TCP, destination: { ports: [53] } }')).toBe(true);
    expect(blocks(`{ action: Allow, destination: { services: { name: kube-dns, namespace: kube-system } } }`)).toBe(
      false,
    );
  });
});
