import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../../src/config/resolve.ts';
import { answerReview } from '../../../src/engine/admission/answer.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { probePolicy, readProbeAnswer } from '../../../src/engine/install/probe.ts';
import { World } from '../../../src/engine/model/world.ts';

const mark = '0123456789abcdef';
const judgement = { world: World.empty('cluster'), set: builtInSet({ registry }), language: 'en' as const };

function warnings(request: object, caller: string | undefined): string[] {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'CREATE',
      dryRun: true,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      resource: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
      namespace: 'shop',
      name: 'probe',
      userInfo: { username: 'kim', groups: [] },
      object: probePolicy('shop', mark),
      oldObject: null,
      ...request,
    },
  };
  const answer = answerReview(review, { ...judgement, caller }, 0);
  if (answer.kind === 'refused') throw new Error(answer.message);
  const { response } = JSON.parse(answer.body);
  expect(response.allowed).toBe(true);
  return response.warnings ?? [];
}

const heard = (request: object, caller: string | undefined) => readProbeAnswer(warnings(request, caller).join(), mark);

describe('a probe', () => {
  it('is answered with the address that it came from, in one line that others understand', () => {
    const [first] = warnings({}, '192.0.2.7');
    expect(first).toBe(`sekisho check-install ${mark}: called from 192.0.2.7`);
    expect(heard({}, '::ffff:192.0.2.7')).toEqual({ address: '192.0.2.7' });
    expect(heard({}, 'fe80::1%eth0')).toEqual({ address: 'fe80::1' });
    expect(heard({}, 'rubbish')).toEqual({ address: undefined });
    expect(warnings({}, '192.0.2.7"\n')[0]).toBe(`sekisho check-install ${mark}: called from unknown`);
  });

  it('is one only as the dry run of something new that bears a mark', () => {
    expect(heard({ dryRun: false }, '192.0.2.7')).toBeUndefined();
    expect(heard({ operation: 'UPDATE', oldObject: probePolicy('shop', mark) }, '192.0.2.7')).toBeUndefined();
    expect(heard({}, undefined)).toBeUndefined();
    for (const other of ['', 'short', `${mark}\nx`, 'a'.repeat(65), 'G'.repeat(16)]) {
      const object = {
        ...probePolicy('shop', mark),
        metadata: { name: 'a', annotations: { 'sekisho.dev/check-install': other } },
      };
      expect(warnings({ object }, '192.0.2.7').join()).not.toContain('called from');
    }
  });

  it('is answered to whoever asked, and to nobody else', () => {
    expect(readProbeAnswer(warnings({}, '192.0.2.7').join(), 'fedcba9876543210')).toBeUndefined();
  });
});
