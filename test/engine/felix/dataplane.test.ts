import { describe, expect, it } from 'vitest';
import { felixParameters } from '../../../src/engine/felix/parameters.ts';
import { protectDataplane } from '../../../src/engine/guardrails/protect-dataplane.ts';
import { type FelixTrial, felix, outcomeOf } from './felix-trial.ts';

const linesOf = (trial: FelixTrial) => outcomeOf(trial, protectDataplane).lines;
const set = (spec: object) => linesOf({ object: felix('default', spec) });
const annotated = (name: string, value: string) =>
  linesOf({ object: felix('default', {}, { [`config.projectcalico.org/${name}`]: value }) });

/** For every parameter that stops Felix, texts at which it does, and texts that it reads. */
const stopping: { readonly [name: string]: readonly [bad: readonly string[], good: readonly string[]] } = {
  DefaultEndpointToHostAction: [
    ['None', 'allow'],
    ['ACCEPT', 'drop', 'Return'],
  ],
  ChainInsertMode: [
    ['none', 'first'],
    ['append', 'INSERT'],
  ],
  IptablesFilterAllowAction: [['none', 'drop'], ['Accept']],
  IptablesMangleAllowAction: [['none', 'drop'], ['RETURN']],
  NftablesFilterAllowAction: [['none', 'drop'], ['accept']],
  NftablesMangleAllowAction: [['none', 'drop'], ['return']],
  IptablesFilterDenyAction: [['none', 'accept'], ['Reject']],
  NftablesFilterDenyAction: [['none', 'accept'], ['drop']],
  InterfacePrefix: [['none', 'cali,', 'eth.0', 'sixteen-letters-'], ['cali,tap']],
  ExternalNodesCIDRList: [
    ['10.0.0.0/33', 'fd00::/8', 'x'],
    ['10.0.0.0/8, 192.0.2.1', 'none'],
  ],
  IptablesMarkMask: [
    ['none', '1', '0x100000000', '-3', 'x'],
    ['0xff000000', '3', '4278190080'],
  ],
  NftablesMarkMask: [['none', '8', 'ff'], ['0b11']],
  MetadataAddr: [
    ['a:b', 'a b'],
    ['none', '169.254.169.254'],
  ],
  MetadataPort: [
    ['65536', '-1', 'http', '08'],
    ['0', '0x50', 'none'],
  ],
  OpenstackRegion: [
    ['RegionOne', 'us/east', 'a'.repeat(47)],
    ['region1', 'none'],
  ],
  RouteTableRange: [
    ['1-251', '0-5', '9-3', '5'],
    ['1-250', 'none'],
  ],
  RouteTableRanges: [
    ['abcde', '4294967295-4294967296', '1-100000000', '0-1'],
    ['1-10000', '1-5,7-9', 'none'],
  ],
  BPFEnforceRPF: [['none'], ['nonsense', 'Strict']],
  DataplaneDriver: [['none'], ['other']],
  BPFLogLevel: [['none'], ['nonsense']],
};

describe('a value that stops Felix', () => {
  const bad = Object.entries(stopping).flatMap(([name, [texts]]) => texts.map((text) => [name, text] as const));
  it.each(bad)('%s %s', (name, text) => {
    expect(annotated(name, text).filter((line) => line.includes(' crash '))).toEqual([
      `deny crash metadata.annotations["config.projectcalico.org/${name}"]`,
    ]);
  });

  const good = Object.entries(stopping).flatMap(([name, [, texts]]) => texts.map((text) => [name, text] as const));
  it.each(good)('is not %s %s', (name, text) => {
    expect(annotated(name, text).filter((line) => line.includes(' crash '))).toEqual([]);
  });

  it('is known for every parameter that has one', () => {
    const names = felixParameters.filter((one) => one.stops || one.noneStops).map(({ name }) => name);
    expect(names.filter((name) => stopping[name] === undefined)).toEqual([]);
  });

  it.each([
    [{ chainInsertMode: 'First' }, 'deny crash spec.chainInsertMode'],
    [{ iptablesMarkMask: 1 }, 'deny crash spec.iptablesMarkMask'],
    [{ externalNodesList: ['10.0.0.0/8', 'fd00::/8'] }, 'deny crash spec.externalNodesList'],
    [{ routeTableRange: { min: 1, max: 251 } }, 'deny crash spec.routeTableRange'],
    [{ routeTableRanges: [{ min: 5, max: 1 }] }, 'deny crash spec.routeTableRanges'],
    [{ metadataPort: 70000 }, 'deny crash spec.metadataPort'],
  ])('by a field: %j', (spec, line) => {
    expect(set(spec)).toContain(line);
  });

  it('is told once: not where it was there before', () => {
    const old = felix('default', { chainInsertMode: 'First' });
    expect(linesOf({ old, object: felix('default', { chainInsertMode: 'First', ipipMTU: 1440 }) })).toEqual([
      'warn switch spec.ipipMTU',
    ]);
  });
});

describe('a way around policy', () => {
  it.each([
    [{ defaultEndpointToHostAction: 'ACCEPT' }, 'defaultEndpointToHostAction'],
    [{ chainInsertMode: 'append' }, 'chainInsertMode'],
    [{ iptablesFilterAllowAction: 'Return' }, 'iptablesFilterAllowAction'],
    [{ iptablesMangleAllowAction: 'Return' }, 'iptablesMangleAllowAction'],
    [{ nftablesFilterAllowAction: 'Return' }, 'nftablesFilterAllowAction'],
    [{ nftablesMangleAllowAction: 'Return' }, 'nftablesMangleAllowAction'],
    [{ workloadSourceSpoofing: 'Any' }, 'workloadSourceSpoofing'],
    [{ allowVXLANPacketsFromWorkloads: true }, 'allowVXLANPacketsFromWorkloads'],
    [{ allowIPIPPacketsFromWorkloads: true }, 'allowIPIPPacketsFromWorkloads'],
    [{ interfacePrefix: 'tap' }, 'interfacePrefix'],
    [{ interfaceExclude: 'eth0' }, 'interfaceExclude'],
    [{ externalNodesList: ['192.0.2.0/24'] }, 'externalNodesList'],
    [{ bpfDataIfacePattern: '^eth0$' }, 'bpfDataIfacePattern'],
    [{ bpfEnforceRPF: 'Disabled' }, 'bpfEnforceRPF'],
    [{ serviceLoopPrevention: 'Disabled' }, 'serviceLoopPrevention'],
    [{ disableConntrackInvalidCheck: true }, 'disableConntrackInvalidCheck'],
  ])('%j', (spec, field) => {
    expect(set(spec)).toEqual([`warn bypass spec.${field}`]);
  });

  it.each([
    [{ defaultEndpointToHostAction: 'Drop' }],
    [{ defaultEndpointToHostAction: '' }],
    [{ chainInsertMode: 'Insert' }],
    [{ allowIPIPPacketsFromWorkloads: false }],
    [{ interfacePrefix: 'cali' }],
    [{ externalNodesList: [] }],
    [{ logSeverityScreen: 'Debug' }],
  ])('is not %j', (spec) => {
    expect(set(spec)).toEqual([]);
  });

  it('is told of more nets only', () => {
    const old = felix('default', { externalNodesList: ['192.0.2.0/24'] });
    const halves = felix('default', { externalNodesList: ['192.0.2.0/25', '192.0.2.128/25'] });
    expect(linesOf({ old, object: halves })).toEqual([]);
    expect(linesOf({ old, object: felix('default', { externalNodesList: ['192.0.2.0/23'] }) })).toEqual([
      'warn bypass spec.externalNodesList',
    ]);
  });

  it('is told where default says so and a node does no longer', () => {
    const world = [felix('default', { chainInsertMode: 'Append' })];
    const old = felix('node.one', { chainInsertMode: 'Insert' });
    expect(linesOf({ world, old })).toEqual(['warn bypass spec']);
    expect(linesOf({ world, object: felix('node.one', { chainInsertMode: 'Append' }) })).toEqual([]);
  });
});

describe('a switch', () => {
  it.each([
    [{ bpfEnabled: true }, 'bpfEnabled'],
    [{ nftablesMode: 'Enabled' }, 'nftablesMode'],
    [{ iptablesBackend: 'NFT' }, 'iptablesBackend'],
    [{ wireguardEnabled: true }, 'wireguardEnabled'],
    [{ vxlanEnabled: true }, 'vxlanEnabled'],
    [{ ipipEnabled: true }, 'ipipEnabled'],
    [{ vxlanMTU: 1400 }, 'vxlanMTU'],
    [{ ipv6Support: false }, 'ipv6Support'],
    [{ iptablesMarkMask: 0xff000000 }, 'iptablesMarkMask'],
    [{ useInternalDataplaneDriver: false }, 'useInternalDataplaneDriver'],
  ])('%j', (spec, field) => {
    expect(set(spec)).toEqual([`warn switch spec.${field}`]);
  });

  it.each([
    [{ bpfEnabled: false }],
    [{ iptablesMarkMask: 0xffff0000 }],
    [{ vxlanPort: 4789 }],
    [{ ipv6Support: true }],
  ])('is not %j', (spec) => {
    expect(set(spec)).toEqual([]);
  });

  it('back to the usual is one as well', () => {
    expect(linesOf({ old: felix('default', { bpfEnabled: true }), object: felix('default', {}) })).toEqual([
      'warn switch spec',
    ]);
    expect(linesOf({ old: felix('default', { bpfEnabled: true }) })).toEqual(['warn switch spec']);
  });

  it('is none by another spelling', () => {
    const object = felix('default', {}, { 'config.projectcalico.org/BPFEnabled': 'yes' });
    expect(linesOf({ old: felix('default', { bpfEnabled: true }), object })).toEqual([
      'warn hidden-parameter metadata.annotations["config.projectcalico.org/BPFEnabled"]',
    ]);
  });
});

describe('automatic host endpoints', () => {
  const controllers = (hostEndpoint: object | undefined) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'KubeControllersConfiguration',
    metadata: { name: 'default' },
    spec: { controllers: { node: hostEndpoint === undefined ? {} : { hostEndpoint } } },
  });
  const policy = (name: string, spec: object) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name },
    spec: { types: ['Ingress'], ...spec },
  });
  const on = controllers({ autoCreate: 'Enabled' });
  const off = controllers({ autoCreate: 'Disabled' });
  const path = 'spec.controllers.node.hostEndpoint';

  it.each([
    ['off', off, `warn host-endpoints-off ${path}.autoCreate`],
    ['absent', controllers(undefined), `warn host-endpoints-off ${path}.autoCreate`],
    [
      'without the default one',
      controllers({ autoCreate: 'Enabled', createDefaultHostEndpoint: 'Disabled' }),
      `warn host-endpoints-off ${path}.createDefaultHostEndpoint`,
    ],
    ['deleted', undefined, 'warn host-endpoints-off spec'],
  ])('%s', (_what, object, line) => {
    expect(linesOf({ old: on, object })).toEqual([line]);
  });

  it('a template that goes', () => {
    const templated = controllers({ autoCreate: 'Enabled', templates: [{ generateName: 'eth' }] });
    expect(linesOf({ old: templated, object: on })).toEqual([`warn host-endpoints-off ${path}.templates`]);
  });

  it('stay as they are', () => {
    expect(linesOf({ old: off, object: controllers(undefined) })).toEqual([]);
    expect(
      linesOf({ old: on, object: controllers({ autoCreate: 'Enabled', createDefaultHostEndpoint: 'Enabled' }) }),
    ).toEqual([]);
    expect(linesOf({ object: off })).toEqual([]);
  });

  it('switched on over policies of every endpoint', () => {
    const broad = policy('deny-all', { selector: 'all()' });
    const pods = policy('pods', { selector: 'all()', namespaceSelector: 'all()' });
    const some = policy('some', { selector: 'has(gateway)' });
    expect(linesOf({ world: [broad, pods, some], old: off, object: on })).toEqual([
      `warn host-endpoints-on ${path}.autoCreate`,
    ]);
    expect(linesOf({ world: [pods, some], old: off, object: on })).toEqual([]);
    const { findings } = outcomeOf({ world: [broad, pods, some], object: on }, protectDataplane);
    expect(findings[0]?.say('en').message).toBe(
      'host endpoints are switched on; these policies then govern every node: deny-all',
    );
  });

  it('switched on where policies are not known', () => {
    expect(outcomeOf({ old: off, object: on, origin: 'none' }, protectDataplane).notChecked).toEqual(['no-policies']);
  });
});
