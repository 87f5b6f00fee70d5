import {
  addressRangeList,
  anyText,
  integerBetween,
  markMask,
  matching,
  oneOf,
  onOff,
  type ParameterForm,
  tableRange,
  tableRanges,
} from './parameter-forms.ts';

/** What a value does, as the end of a sentence: `chainInsertMode Append: ...`. */
type What = readonly [en: string, ja: string];

/** Values that let traffic around policy: some, any but the usual one, or more addresses than before. */
export type Danger = readonly string[] | 'any-other' | 'wider';

/** A parameter of Felix that a change has to be looked at for. */
export interface FelixParameterDefinition {
  /** As Felix has it, and as annotations carry it. */
  readonly name: string;
  /** Of the spec. */
  readonly field: string;
  readonly form: ParameterForm;
  /** What counts where nothing is written, as the form reads it. */
  readonly usual: string;
  /** Whether Felix stops at a value that it cannot read; else it takes the usual one. */
  readonly stops: boolean;
  /** Whether Felix stops at the word `none`. */
  readonly noneStops: boolean;
  readonly bypass?: { readonly when: Danger; readonly what: What; readonly safe?: string };
  readonly switches?: What;
}

const mustHold = { stops: true, noneStops: true };
const mustRead = { stops: true, noneStops: false };
const forgiving = { stops: false, noneStops: false };

const actions = oneOf('Accept', 'Return');
const returnsToOthers: What = [
  'what policy accepts goes on to rules of others, which may do otherwise with it',
  'ポリシーで許可したパケットの扱いが、他のルールに委ねられます',
];
const encapsulated: What = [
  'a pod can send packets wrapped in others, which no policy looks into',
  'Pod がカプセル化したパケットを送れるようになり、その中身にはポリシーが適用されません',
];
const unseen: What = [
  'interfaces that it does not name are not taken for those of pods, and no policy is put on them',
  'これに合わないインターフェースは Pod のものと見なされず、ポリシーが適用されません',
];
const otherRules: What = [
  'the rules of the nodes are built anew, and connections may break',
  '対象ノードのルールが作り直され、接続が切れることがあります',
];
const otherTunnel: What = [
  'traffic between nodes takes another way or size, and connections may break',
  'ノード間の通信経路やパケットサイズが変わり、接続が切れることがあります',
];
const encrypted: What = [
  'traffic between nodes is encrypted, or not any more, and connections may break',
  'ノード間の暗号化の有無が変わり、接続が切れることがあります',
];
const marks: What = [
  'rules with the old marks stay until they are replaced, and others may use the new ones',
  '古いマークのルールが残り、新しいマークが他と衝突することがあります',
];
const mtu: What = [
  'packets of another size, which paths may drop',
  'パケットサイズが変わり、経路上で破棄されることがあります',
];

function number(name: string, field: string, usual: string, switches: What): FelixParameterDefinition {
  return { name, field, form: integerBetween(-(2 ** 53), 2 ** 53), usual, ...forgiving, switches };
}

function toggle(name: string, field: string, usual: string, switches: What): FelixParameterDefinition {
  return { name, field, form: onOff, usual, ...forgiving, switches };
}

function allowAction(name: string, field: string): FelixParameterDefinition {
  const bypass = { when: ['return'], what: returnsToOthers, safe: 'Accept' };
  return { name, field, form: actions, usual: 'accept', ...mustHold, bypass };
}

function denyAction(name: string, field: string): FelixParameterDefinition {
  return { name, field, form: oneOf('Drop', 'Reject'), usual: 'drop', ...mustHold };
}

/**
 * Everything of a FelixConfiguration that lets traffic around policy, switches the data plane, or stops Felix; the
 * failsafe lists have a guardrail of their own. Parameters that Felix takes only from its own node (DatastoreType and the
 * like) are not here: in an object they count for nothing.
 *
 * Source: projectcalico/calico felix/config/config_params.go.
 */
export const felixParameters: readonly FelixParameterDefinition[] = [
  {
    name: 'DefaultEndpointToHostAction',
    field: 'defaultEndpointToHostAction',
    form: oneOf('Drop', 'Return', 'Accept'),
    usual: 'drop',
    ...mustHold,
    bypass: {
      when: ['accept'],
      what: [
        'pods reach their own node past its host policies',
        'Pod から自ノードへの通信が、ホストのポリシーを通らずに許可されます',
      ],
      safe: 'Drop',
    },
  },
  {
    name: 'ChainInsertMode',
    field: 'chainInsertMode',
    form: oneOf('Insert', 'Append'),
    usual: 'insert',
    ...mustHold,
    bypass: {
      when: ['append'],
      what: [
        'rules of others come first and may accept what policy denies',
        '他のルールが先に評価され、ポリシーで拒否すべき通信を許可しうる状態になります',
      ],
      safe: 'Insert',
    },
  },
  allowAction('IptablesFilterAllowAction', 'iptablesFilterAllowAction'),
  allowAction('IptablesMangleAllowAction', 'iptablesMangleAllowAction'),
  allowAction('NftablesFilterAllowAction', 'nftablesFilterAllowAction'),
  allowAction('NftablesMangleAllowAction', 'nftablesMangleAllowAction'),
  denyAction('IptablesFilterDenyAction', 'iptablesFilterDenyAction'),
  denyAction('NftablesFilterDenyAction', 'nftablesFilterDenyAction'),
  {
    name: 'WorkloadSourceSpoofing',
    field: 'workloadSourceSpoofing',
    form: oneOf('Disabled', 'Any'),
    usual: 'disabled',
    ...forgiving,
    bypass: {
      when: ['any'],
      what: [
        'pods may be let send from addresses of others, by which policies know them',
        'Pod が送信元アドレスを偽れるようになり、アドレスに基づくポリシーが破られます',
      ],
      safe: 'Disabled',
    },
  },
  {
    name: 'AllowVXLANPacketsFromWorkloads',
    field: 'allowVXLANPacketsFromWorkloads',
    form: onOff,
    usual: 'false',
    ...forgiving,
    bypass: { when: ['true'], what: encapsulated, safe: 'false' },
  },
  {
    name: 'AllowIPIPPacketsFromWorkloads',
    field: 'allowIPIPPacketsFromWorkloads',
    form: onOff,
    usual: 'false',
    ...forgiving,
    bypass: { when: ['true'], what: encapsulated, safe: 'false' },
  },
  {
    name: 'InterfacePrefix',
    field: 'interfacePrefix',
    form: matching(/^[a-zA-Z0-9_-]{1,15}(?:,[a-zA-Z0-9_-]{1,15})*$/, [
      'write beginnings of interface names, of 15 characters at most',
      'インターフェース名の先頭部分を 15 文字以内で書いてください',
    ]),
    usual: 'cali',
    ...mustHold,
    bypass: { when: 'any-other', what: unseen, safe: 'cali' },
  },
  {
    name: 'InterfaceExclude',
    field: 'interfaceExclude',
    form: anyText,
    usual: 'kube-ipvs0',
    ...forgiving,
    bypass: {
      when: 'any-other',
      what: [
        'host endpoints are not looked for on the interfaces that it names',
        'これに合うインターフェースには HostEndpoint が適用されません',
      ],
      safe: 'kube-ipvs0',
    },
  },
  {
    name: 'ExternalNodesCIDRList',
    field: 'externalNodesList',
    form: addressRangeList,
    usual: '',
    ...mustRead,
    bypass: {
      when: 'wider',
      what: [
        'more addresses may send tunnelled packets as if they were nodes',
        'ノードとしてトンネルのパケットを送れるアドレスが増えます',
      ],
    },
  },
  {
    name: 'BPFDataIfacePattern',
    field: 'bpfDataIfacePattern',
    form: anyText,
    usual: '^((en|wl|ww|sl|ib)[Popsx].*|(eth|wlan|wwan|bond).*)',
    ...forgiving,
    bypass: {
      when: 'any-other',
      what: [
        'host policy is not put on interfaces that it does not match (eBPF)',
        '一致しないインターフェースにはホストのポリシーが適用されません(eBPF)',
      ],
    },
  },
  {
    name: 'BPFEnforceRPF',
    field: 'bpfEnforceRPF',
    form: oneOf('Disabled', 'Strict', 'Loose'),
    usual: 'loose',
    stops: false,
    noneStops: true,
    bypass: {
      when: ['disabled'],
      what: ['packets with forged sources are let in (eBPF)', '送信元を偽ったパケットが受け入れられます(eBPF)'],
      safe: 'Loose',
    },
  },
  {
    name: 'ServiceLoopPrevention',
    field: 'serviceLoopPrevention',
    form: oneOf('Drop', 'Reject', 'Disabled'),
    usual: 'drop',
    ...forgiving,
    bypass: {
      when: ['disabled'],
      what: [
        'packets to unused Service addresses leave the node past policy',
        '使われていない Service アドレス宛てのパケットがノードの外へ出ます',
      ],
      safe: 'Drop',
    },
  },
  {
    name: 'DisableConntrackInvalidCheck',
    field: 'disableConntrackInvalidCheck',
    form: onOff,
    usual: 'false',
    ...forgiving,
    bypass: {
      when: ['true'],
      what: [
        'packets that belong to no connection are not dropped first',
        'どの接続にも属さないパケットが、先に破棄されなくなります',
      ],
      safe: 'false',
    },
  },
  toggle('BPFEnabled', 'bpfEnabled', 'false', otherRules),
  {
    name: 'NFTablesMode',
    field: 'nftablesMode',
    form: oneOf('Enabled', 'Disabled', 'Auto'),
    usual: 'auto',
    ...forgiving,
    switches: otherRules,
  },
  {
    name: 'IptablesBackend',
    field: 'iptablesBackend',
    form: oneOf('Legacy', 'NFT', 'Auto'),
    usual: 'auto',
    ...forgiving,
    switches: otherRules,
  },
  toggle('UseInternalDataplaneDriver', 'useInternalDataplaneDriver', 'true', [
    'another program than that of Felix has to put policy in force',
    'Felix 自身ではなく、別のプログラムがポリシーを適用することになります',
  ]),
  {
    name: 'DataplaneDriver',
    field: 'dataplaneDriver',
    form: anyText,
    usual: 'calico-iptables-plugin',
    stops: false,
    noneStops: true,
    switches: [
      'Felix stops where no such program is on the node',
      '指定したプログラムがノードになければ、Felix は停止します',
    ],
  },
  toggle('Ipv6Support', 'ipv6Support', 'true', [
    'no policy is put in force for IPv6 where it is off',
    'off にすると、IPv6 にはポリシーが適用されません',
  ]),
  toggle('WireguardEnabled', 'wireguardEnabled', 'false', encrypted),
  toggle('WireguardEnabledV6', 'wireguardEnabledV6', 'false', encrypted),
  toggle('WireguardHostEncryptionEnabled', 'wireguardHostEncryptionEnabled', 'false', encrypted),
  number('WireguardMTU', 'wireguardMTU', '0', mtu),
  number('WireguardMTUV6', 'wireguardMTUV6', '0', mtu),
  toggle('VXLANEnabled', 'vxlanEnabled', '', otherTunnel),
  number('VXLANPort', 'vxlanPort', '4789', otherTunnel),
  number('VXLANVNI', 'vxlanVNI', '4096', otherTunnel),
  number('VXLANMTU', 'vxlanMTU', '0', mtu),
  number('VXLANMTUV6', 'vxlanMTUV6', '0', mtu),
  toggle('IpInIpEnabled', 'ipipEnabled', '', otherTunnel),
  number('IpInIpMtu', 'ipipMTU', '0', mtu),
  {
    name: 'IptablesMarkMask',
    field: 'iptablesMarkMask',
    form: markMask,
    usual: '4294901760',
    ...mustHold,
    switches: marks,
  },
  {
    name: 'NftablesMarkMask',
    field: 'nftablesMarkMask',
    form: markMask,
    usual: '4294901760',
    ...mustHold,
    switches: marks,
  },
  {
    name: 'MetadataAddr',
    field: 'metadataAddr',
    form: matching(/^[a-zA-Z0-9_.-]+$/, ['write an address or a host name', 'アドレスかホスト名を書いてください']),
    usual: '127.0.0.1',
    ...mustRead,
  },
  { name: 'MetadataPort', field: 'metadataPort', form: integerBetween(0, 65535), usual: '8775', ...mustRead },
  {
    name: 'OpenstackRegion',
    field: 'openstackRegion',
    form: matching(/^[a-z0-9](?:[-a-z0-9]{0,44}[a-z0-9])?$/, [
      'write small letters, digits and -, 46 characters at most',
      '英小文字、数字、- だけで 46 文字以内にしてください',
    ]),
    usual: '',
    ...mustRead,
  },
  { name: 'RouteTableRange', field: 'routeTableRange', form: tableRange, usual: '', ...mustRead },
  { name: 'RouteTableRanges', field: 'routeTableRanges', form: tableRanges, usual: '', ...mustRead },
];

/** Other parameters at whose `none` Felix stops. */
export const noneStopsToo: ReadonlySet<string> = new Set(
  [
    'WireguardInterfaceName',
    'WireguardInterfaceNameV6',
    'BPFJITHardening',
    'BPFLogLevel',
    'BPFConntrackLogLevel',
    'BPFConnectTimeLoadBalancing',
    'BPFHostNetworkedNATWithoutCTLB',
    'BPFExternalServiceMode',
    'BPFMapSizeNATFrontend',
    'BPFMapSizeNATBackend',
    'BPFMapSizeNATAffinity',
    'BPFMapSizeRoute',
    'BPFMapSizeConntrack',
    'BPFMapSizeConntrackScaling',
    'BPFMapSizeConntrackCleanupQueue',
    'BPFMapSizeIPSets',
    'BPFMapSizeIfState',
    'BPFRedirectToPeer',
    'BPFAttachType',
    'BPFExportBufferSizeMB',
    'BPFProfiling',
    'MaxIpsetSize',
    'AWSSrcDstCheck',
  ].map((name) => name.toLowerCase()),
);
