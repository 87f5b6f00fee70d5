import { type AutomaticHosts, automaticHosts, policiesOfEveryHost } from '../felix/automatic-hosts.ts';
import { type ChangedParameter, changedParameters, type Stopping, stoppingValues } from '../felix/dataplane-changes.ts';
import { changedFelix, type FelixChange } from '../felix/nodes-at-stake.ts';
import type { CheckContext } from '../model/check-context.ts';
import { defineGuardrail, key, type Report } from './define.ts';
import {
  changedWords,
  type HiddenParameter,
  type HostsOff,
  type HostsOn,
  hiddenParameterWords,
  hostsOffWords,
  hostsOnWords,
  stoppingWords,
} from './words/dataplane.ts';

const keys = {
  bypass: key<ChangedParameter>({
    when: {
      en: 'A setting of Felix lets traffic around policy that policy decided about before.',
      ja: 'Felix の設定変更により、これまでポリシーで判定されていた通信が、ポリシーを通らなくなる場合。',
    },
    en: (changed) => changedWords(changed, 'en'),
    ja: (changed) => changedWords(changed, 'ja'),
  }),
  crash: key<Stopping>({
    mode: 'enforce',
    when: {
      en: 'Felix stops at a value, by field or by annotation, as it cannot do without the parameter. The failsafe lists are for keep-failsafe-ports.',
      ja: 'フィールドまたは annotation の値が、Felix を停止させるものである場合。フェイルセーフポートのリストは keep-failsafe-ports が扱います。',
    },
    en: (stopping) => stoppingWords(stopping, 'en'),
    ja: (stopping) => stoppingWords(stopping, 'ja'),
  }),
  'hidden-parameter': key<HiddenParameter>({
    when: {
      en: 'An annotation config.projectcalico.org/... sets a parameter of Felix.',
      ja: 'annotation config.projectcalico.org/... で Felix のパラメーターが設定される場合。',
    },
    en: (hidden) => hiddenParameterWords(hidden, 'en'),
    ja: (hidden) => hiddenParameterWords(hidden, 'ja'),
  }),
  switch: key<ChangedParameter>({
    when: {
      en: 'A setting of Felix switches the data plane, or how nodes reach each other: eBPF, nftables, WireGuard, VXLAN, IP in IP, MTUs, marks, IPv6.',
      ja: 'eBPF、nftables、WireGuard、VXLAN、IP in IP、MTU、マーク、IPv6 など、データプレーンやノード間通信の方式が切り替わる場合。',
    },
    en: (changed) => changedWords(changed, 'en'),
    ja: (changed) => changedWords(changed, 'ja'),
  }),
  'host-endpoints-off': key<HostsOff>({
    when: {
      en: 'Host endpoints that Calico makes by itself are not made any more.',
      ja: 'Calico が自動で作っていた HostEndpoint が、作られなくなる場合。',
    },
    en: (off) => hostsOffWords(off, 'en'),
    ja: (off) => hostsOffWords(off, 'ja'),
  }),
  'host-endpoints-on': key<HostsOn>({
    when: {
      en: 'Host endpoints are made by Calico from now on, and policies are there that govern any host endpoint.',
      ja: 'Calico が HostEndpoint を自動で作るようになり、どの HostEndpoint にも適用されるポリシーがある場合。',
    },
    en: (on) => hostsOnWords(on, 'en'),
    ja: (on) => hostsOnWords(on, 'ja'),
  }),
};

/** The settings that policies rest on: where these give way, no policy helps. */
export const protectDataplane = defineGuardrail({
  name: 'protect-dataplane',
  mode: 'warn',
  summary: {
    en: 'No setting of Calico lets traffic around policy, stops Felix, or switches the data plane unnoticed.',
    ja: 'Calico の設定により、ポリシーの迂回、Felix の停止、データプレーンの切り替えが気付かれずに起こらないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys,
  check: (context, _settings, report) => {
    const felix = changedFelix(context.change, context);
    if (felix !== undefined) checkFelix(felix, context, report);
    if (context.change.ref.kind === 'KubeControllersConfiguration') checkControllers(context, report);
  },
});

function checkFelix(felix: FelixChange, context: CheckContext, report: Report<typeof keys>): void {
  for (const stopping of stoppingValues(felix)) report.found('crash', { path: stopping.path, args: stopping });
  const changed = changedParameters(felix, context);
  if (changed === undefined) report.notChecked('work-cap');
  for (const one of changed ?? []) {
    const { kind, definition, path } = one;
    const safe = kind === 'bypass' ? definition.bypass?.safe : undefined;
    const fix = safe === undefined || path[0] !== 'spec' ? undefined : `${definition.field}: ${safe}`;
    report.found(kind, { path, args: one, fix });
  }
  for (const { name, value, path } of felix.after?.parameters ?? []) {
    const known = felix.before?.parameters.some((one) => one.name === name && one.value === value) === true;
    if (!known) report.found('hidden-parameter', { path, args: { name, value } });
  }
}

const hostEndpoint = ['spec', 'controllers', 'node', 'hostEndpoint'];

function checkControllers({ change, before, after }: CheckContext, report: Report<typeof keys>): void {
  const { name } = change.ref;
  const had = automaticHosts(
    change.operation === 'CREATE' ? undefined : before.object('kubeControllersConfigurations', name),
  );
  const has = automaticHosts(
    change.operation === 'DELETE' ? undefined : after.object('kubeControllersConfigurations', name),
  );
  const deleted = change.operation === 'DELETE';
  for (const { off, field, fix } of switchedOff(had, has)) {
    report.found('host-endpoints-off', {
      path: deleted ? ['spec'] : [...hostEndpoint, field],
      args: off,
      fix: deleted ? undefined : fix,
    });
  }
  if (!switchedOn(had, has)) return;
  if (!after.knows('GlobalNetworkPolicy.projectcalico.org')) {
    report.notChecked('no-policies');
    return;
  }
  const policies = policiesOfEveryHost(after).map(({ ref }) => ref);
  if (policies.length > 0)
    report.found('host-endpoints-on', { path: [...hostEndpoint, 'autoCreate'], args: { policies } });
}

interface SwitchedOff {
  readonly off: HostsOff;
  readonly field: string;
  readonly fix: string | undefined;
}

function switchedOff(had: AutomaticHosts, has: AutomaticHosts): readonly SwitchedOff[] {
  if (!had.enabled) return [];
  if (!has.enabled) return [{ off: { kind: 'all' }, field: 'autoCreate', fix: 'autoCreate: Enabled' }];
  const gone = [...had.templates].filter((name) => !has.templates.has(name));
  return [
    ...(had.whole && !has.whole
      ? [
          {
            off: { kind: 'whole' },
            field: 'createDefaultHostEndpoint',
            fix: 'createDefaultHostEndpoint: Enabled',
          } as const,
        ]
      : []),
    ...(gone.length > 0
      ? [{ off: { kind: 'templates', names: gone }, field: 'templates', fix: undefined } as const]
      : []),
  ];
}

/** Whether a node gets host endpoints that it had not. */
function switchedOn(had: AutomaticHosts, has: AutomaticHosts): boolean {
  if (has.whole && !had.whole) return true;
  return [...has.templates].some((name) => !had.templates.has(name));
}
