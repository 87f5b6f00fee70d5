/** Words for one reason, in both languages. */
export type ReasonWords = readonly [en: string, ja: string];

type ReasonTable = { readonly [reason: string]: ReasonWords };

/** What was expected where a part of a Calico object could not be read; said behind what stands there. */
export const calicoExpected: ReasonTable = {
  number: ['a number is expected', '数値が必要です'],
  boolean: ['true or false is expected', 'true か false が必要です'],
  action: ['write Allow, Deny, Pass or Log', 'Allow、Deny、Pass、Log のいずれかを書いてください'],
  twice: ['it stands here twice', '同じものが 2 回書かれています'],
  'not-a-selector': [
    'a selector is one text, such as app == "web"',
    'セレクターは app == "web" のような一つの文字列です',
  ],
  'calico-host-bits': [
    'bits are set behind the prefix; write the network itself',
    'プレフィックスより後ろのビットが立っています。ネットワークそのものを書いてください',
  ],
  'not-a-calico-port': [
    'a port is 0 to 65535, a range such as "8000:8010", or a name',
    'ポートは 0 から 65535 の数、"8000:8010" のような範囲、または名前です',
  ],
  'port-out-of-range': ['a port is at most 65535', 'ポートは 65535 以下です'],
  'port-range-reversed': ['the range ends before it starts', '範囲の終わりが始まりより小さくなっています'],
  'host-port': ['a port of a host endpoint is 1 to 65535', 'HostEndpoint のポートは 1 から 65535 の数です'],
  'port-name': [
    'use letters, digits, _, - and ., at most 128 characters',
    '英字、数字、_、-、. だけを使い、128 文字以内にしてください',
  ],
  'protocol-number': ['a protocol number is 1 to 255', 'プロトコル番号は 1 から 255 です'],
  'ip-version': ['write 4 or 6', '4 か 6 を書いてください'],
  'icmp-type': ['an ICMP type is 0 to 254', 'ICMP の type は 0 から 254 です'],
  'icmp-code': ['an ICMP code is 0 to 255', 'ICMP の code は 0 から 255 です'],
  'account-name': [
    'the name of a service account has small letters, digits, - and . only',
    'サービスアカウント名に使えるのは英小文字、数字、-、. だけです',
  ],
  'tier-name': [
    'the name of a tier has small letters, digits and - only, at most 63 characters, and no dot',
    'tier の名前は英小文字、数字、- だけの 63 文字以内で、ドットは使えません',
  ],
  'controllers-name': [
    'the only KubeControllersConfiguration that is read is called default',
    '読まれる KubeControllersConfiguration は default という名前のものだけです',
  ],
  'interface-name': [
    'write * for every interface, or a name of at most 15 characters',
    'すべてのインターフェースなら *、それ以外は 15 文字以内の名前を書いてください',
  ],
  'performance-hint': ['the only hint is AssumeNeededOnEveryNode', '書けるのは AssumeNeededOnEveryNode だけです'],
  'staged-action': ['write Set, Delete, Learn or Ignore', 'Set、Delete、Learn、Ignore のいずれかを書いてください'],
  'tier-action': ['write Deny or Pass', 'Deny か Pass を書いてください'],
  'http-path-form': ['a path starts with / and has no ?, # or blank', 'パスは / で始まり、?、#、空白を含みません'],
  'service-name': ['write the name of the Service', 'Service の名前を書いてください'],
  'selector-too-complex': ['the selector is too complex to be worked out', 'セレクターが複雑すぎて計算できません'],
  'named-source-port': [
    'whose port a named source port is depends on the sender',
    '送信元の名前付きポートの番号は、送信側によって変わります',
  ],
};

/** Messages that are complete by themselves: what is wrong is not that a value cannot be read. `{}` is the value. */
export const wholeMessages: ReasonTable = {
  'action-missing': [
    'the rule has no action: write Allow, Deny, Pass or Log',
    'ルールに action がありません。Allow、Deny、Pass、Log のいずれかを書いてください',
  ],
  'port-without-protocol': [
    'the port {} has no protocol: write protocol TCP, UDP or SCTP in the rule',
    'ポート {} にプロトコルがありません。ルールに protocol: TCP、UDP、SCTP のいずれかを書いてください',
  ],
  'protocol-without-ports': [
    'the protocol {} has no ports that Calico reads: they go with TCP, UDP and SCTP only',
    'プロトコル {} ではポートを指定できません。指定できるのは TCP、UDP、SCTP だけです',
  ],
  'port-zero': [
    'no packet goes to port 0, so nothing matches it',
    'ポート 0 宛ての通信は存在しないため、何にも一致しません',
  ],
  'port-range-dash': [
    '{} is read as the name of a port, which no endpoint has; a range is written with a colon',
    '{} は範囲ではなくポートの名前と解釈され、何にも一致しません。範囲はコロンで書いてください',
  ],
  'too-many-ports': [
    '{} ports in one list: Calico 3.33 and later takes at most 50',
    '一つのリストにポートが {} 個あります。Calico 3.33 以降では 50 個までです',
  ],
  'too-many-nets': [
    '{} networks in one list: Calico 3.33 and later takes at most 256',
    '一つのリストにネットワークが {} 個あります。Calico 3.33 以降では 256 個までです',
  ],
  'too-many-rules': [
    '{} rules in one direction: Calico 3.33 and later takes at most 1,024',
    '一方向のルールが {} 個あります。Calico 3.33 以降では 1,024 個までです',
  ],
  'too-many-http': [
    '{} entries in one list: an HTTP match takes at most 20',
    '一つのリストに {} 件あります。HTTP の条件は 20 件までです',
  ],
  'selector-too-long': [
    'the selector has more than 1,024 characters, which Calico 3.33 and later does not take',
    'セレクターが 1,024 文字を超えています。Calico 3.33 以降では受け付けられません',
  ],
  'global-not-here': [
    'global() has no place in this selector: only the namespaceSelector of a rule may be global()',
    'このセレクターに global() は書けません。書けるのはルールの namespaceSelector だけです',
  ],
  'global-alone': [
    'global() stands alone: nothing can be joined to it',
    'global() は単独で書きます。ほかの条件と組み合わせられません',
  ],
  'not-nets-of-everything': [
    '{} in notNets leaves out every address of its family: the rule could match nothing',
    'notNets の {} はそのアドレスファミリーのすべてを除外します。ルールは何にも一致しません',
  ],
  'mixed-families': [
    '{} is of another address family than the rest of the rule: write a rule for IPv4 and one for IPv6',
    '{} はルールのほかの部分とアドレスファミリーが異なります。IPv4 と IPv6 でルールを分けてください',
  ],
  'icmp-family': [
    'ipVersion {} does not go with the protocol: ICMP is IPv4, ICMPv6 is IPv6',
    'ipVersion {} はプロトコルと合いません。ICMP は IPv4、ICMPv6 は IPv6 です',
  ],
  'icmp-without-protocol': [
    'icmp and notICMP need the protocol ICMP or ICMPv6 in the rule',
    'icmp と notICMP には、ルールに protocol: ICMP か ICMPv6 が必要です',
  ],
  'icmp-code-without-type': ['an ICMP code needs a type beside it', 'ICMP の code には type も必要です'],
  'one-stage-only': [
    'doNotTrack and preDNAT exclude each other: a policy decides at one stage',
    'doNotTrack と preDNAT は同時に使えません。一つのポリシーは一つの段階だけで判定します',
  ],
  'needs-apply-on-forward': [
    'doNotTrack and preDNAT need applyOnForward: true',
    'doNotTrack と preDNAT には applyOnForward: true が必要です',
  ],
  'pre-dnat-ingress-only': [
    'a preDNAT policy has no egress: it decides about what arrives',
    'preDNAT のポリシーに egress は書けません。判定するのは届く通信だけです',
  ],
  'staged-delete-alone': [
    'with stagedAction: Delete nothing else is written but the tier',
    'stagedAction: Delete のときに書けるのは tier だけです',
  ],
  'http-on-allow-only': ['an HTTP match stands in Allow rules only', 'HTTP の条件は Allow のルールにだけ書けます'],
  'http-on-ingress-only': [
    'an HTTP match stands in ingress rules only: nothing checks it for what is sent',
    'HTTP の条件は ingress のルールにだけ書けます。送信では確認されません',
  ],
  'http-over-tcp-only': ['an HTTP match goes with protocol TCP only', 'HTTP の条件と組み合わせられるのは TCP だけです'],
  'http-path-one': [
    'each HTTP path has exactly one of exact and prefix',
    'HTTP のパスには exact と prefix のどちらか一方だけを書きます',
  ],
  'service-on-own-side': [
    'a rule names a Service as its far end only: destination of egress, source of ingress',
    'Service を指定できるのは相手側だけです。egress では destination、ingress では source に書きます',
  ],
  'service-alone': [
    'a Service stands alone: no selector, serviceAccounts or nets beside it',
    'Service は単独で指定します。セレクター、serviceAccounts、nets とは併用できません',
  ],
  'service-without-ports': [
    'the ports are those of the Service: leave ports and notPorts out',
    'ポートは Service のものが使われます。ports と notPorts は書かないでください',
  ],
  'service-namespace': [
    'the Service has no namespace: Calico does not fill in that of the policy',
    'Service の namespace がありません。ポリシーの namespace が補われることはありません',
  ],
  'account-name-too-long': [
    'Calico cannot find pods by the name of a service account of 63 characters or more',
    '63 文字以上のサービスアカウント名では、Calico は Pod を見つけられません',
  ],
  'default-prefix': [
    '{} and the name without default. are one policy up to Calico 3.31, and two from 3.32 on; leave default. out',
    '{} と default. のない名前は、Calico 3.31 までは同じポリシー、3.32 からは別のポリシーです。default. を付けないでください',
  ],
  'name-dots': [
    'the name {} has more than one dot, which Calico does not take',
    '名前 {} にドットが 2 個以上あり、Calico では受け付けられません',
  ],
  'node-missing': [
    'the node is missing: a host endpoint belongs to one',
    'node がありません。HostEndpoint には属するノードが必要です',
  ],
  'interface-missing': [
    'neither interfaceName nor expectedIPs say which interface is meant',
    'interfaceName も expectedIPs もなく、どのインターフェースか分かりません',
  ],
  'order-of-default': ['the tier default always has order 1000000', 'tier default の order は常に 1000000 です'],
  'order-of-kube-admin': ['the tier kube-admin always has order 1000', 'tier kube-admin の order は常に 1000 です'],
  'order-of-kube-baseline': [
    'the tier kube-baseline always has order 10000000',
    'tier kube-baseline の order は常に 10000000 です',
  ],
  'action-of-default': ['the tier default always ends in Deny', 'tier default の defaultAction は常に Deny です'],
  'action-of-kube-admin': [
    'the tier kube-admin always ends in Pass',
    'tier kube-admin の defaultAction は常に Pass です',
  ],
  'action-of-kube-baseline': [
    'the tier kube-baseline always ends in Pass',
    'tier kube-baseline の defaultAction は常に Pass です',
  ],
  'stored-metadata': [
    'the annotation projectcalico.org/metadata is no JSON object, so nobody can read labels or name of this object',
    'アノテーション projectcalico.org/metadata が JSON のオブジェクトではなく、ラベルや名前を読み取れません',
  ],
};
