import { expect, it } from 'vitest';
import { builtInSet } from '../../../src/config/resolve.ts';
import { answerReview } from '../../../src/engine/admission/answer.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { World } from '../../../src/engine/model/world.ts';

function review(kind: string, group: string, version: string, name: string, spec: object): unknown {
  const object = { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec };
  const request = { uid: 'u', kind: { group, version, kind }, operation: 'CREATE', name, object, userInfo: {} };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

it('answers the review of a Profile as one of any unknown kind: no API server stores it', () => {
  const judgement = { world: World.empty('cluster'), set: builtInSet({ registry }), language: 'en' } as const;
  for (const group of ['projectcalico.org', 'crd.projectcalico.org']) {
    const answer = answerReview(
      review('Profile', group, 'v3', 'kns.shop', { ingress: [{ action: 'Allow' }] }),
      judgement,
      0,
    );
    expect(answer).toMatchObject({ kind: 'answered', record: { decision: 'allow', notChecked: ['*: unknown-kind'] } });
  }
  const mirror = answerReview(review('GlobalNetworkPolicy', 'projectcalico.org', 'v3', 'kcnp.a', {}), judgement, 0);
  expect(mirror).toMatchObject({ record: { decision: 'deny' } });
});
