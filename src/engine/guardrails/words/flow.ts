import type { FieldPath } from '../../json/path.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { Flow } from '../../model/flow.ts';
import type { ChangedFlow } from '../../reach/changed-flows.ts';
import type { Who } from '../../reach/ends.ts';
import { protocolName, someFlow, type Traffic } from '../../sets/traffic.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';

/** What both invariants say of a flow. */
export interface FlowArgs {
  readonly name: string;
  readonly from: Who;
  readonly to: Who;
  readonly traffic: Traffic;
}

export function flowArgs(name: string, flow: ChangedFlow): FlowArgs {
  return { name, from: flow.from.who, to: flow.to.who, traffic: flow.traffic };
}

/** Labels past these are not needed to know who is meant. */
const mostLabels = 2;

/** One end in words: `203.0.113.7`, `payments/ledger`, `pods app=ledger of namespace payments`, `a pod of a new namespace`. */
export function whoText(who: Who, language: Language): string {
  const ja = language === 'ja';
  switch (who.kind) {
    case 'addresses':
      return who.text;
    case 'workload':
      return `${who.namespace}/${who.name}`;
    case 'host':
      return ja ? `ホスト ${who.name}` : `host ${who.name}`;
    case 'new-namespace':
      return ja ? '新しい namespace の Pod' : 'a pod of a new namespace';
    case 'labelled': {
      const labels = [...who.labels].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, mostLabels);
      const text = labels.map((label) => label.join('=')).join();
      if (ja) return joinJapanese(`namespace ${who.namespace} の`, text === '' ? 'ラベルのない' : `${text} の`, 'Pod');
      return `${text === '' ? 'a pod without labels' : `pods ${text}`} of namespace ${who.namespace}`;
    }
  }
}

export function flowOf(flow: ChangedFlow): Flow {
  const some = someFlow(flow.traffic);
  return {
    from: flow.from.name,
    to: flow.to.name,
    protocol: some === undefined ? 'TCP' : protocolName(some.protocol),
    port: some?.port ?? some?.name ?? null,
  };
}

/** Where a reader should look: at the labels of a namespace, else at the whole of the policy. */
export function changedPart({ change }: CheckContext): FieldPath {
  return change.ref.kind === 'Namespace' ? ['metadata', 'labels'] : ['spec'];
}
