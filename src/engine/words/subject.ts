import { endpointKind } from '../model/attributes.ts';
import type { Policy } from '../model/policy.ts';
import { intersectBoxes, labelIn } from '../sets/labels.ts';
import { boxesText } from './box.ts';
import type { Language } from './language.ts';

/** Whom a policy governs: `pods app=web of namespace shop`, `every pod of namespace shop`, `no pod`. */
export function subjectText(policy: Policy, language: Language): string {
  const { ref, stage, subject } = policy;
  if (ref.kind === 'Profile') {
    return language === 'ja'
      ? `プロファイル ${ref.name} を持ち、どのポリシーの対象でもないエンドポイント`
      : `endpoints with profile ${ref.name} that no policy governs`;
  }
  // Before connections or addresses are known, only the traffic of hosts is decided about.
  const boxes =
    stage === 'normal' ? subject.endpoints : subject.endpoints.map((box) => intersectBoxes(box, hostEndpoints));
  return boxesText(boxes, undefined, language);
}

const hostEndpoints = labelIn(endpointKind, ['HostEndpoint']);
