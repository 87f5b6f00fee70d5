/** What {@link policyText} says of each scenario, read aloud and found right. */
export const scenarioTexts: Readonly<Record<string, { readonly en: string; readonly ja: string }>> = {
  '001-03 default deny': {
    en: 'Every pod of namespace default accepts nothing and may send nothing, except what other policies allow.',
    ja: 'namespace default のすべての Pod は、受信も送信もできません。ほかのポリシーで許可された通信だけが通ります。',
  },
  '001-04 allow all': {
    en: 'Pods tier=frontend of namespace default accept everything from everyone. They may send everything to everyone.',
    ja: 'namespace default の tier=frontend の Pod は、すべての相手から制限なく受信できます。また、すべての相手に制限なく送信できます。',
  },
  '001-05 mysql': {
    en: 'Pods tier=mysql of namespace default accept TCP 3306 from pods tier=frontend of this namespace; they accept nothing else. They may send nothing, except what other policies allow.',
    ja: 'namespace default の tier=mysql の Pod は、この namespace の tier=frontend の Pod から TCP 3306 で受信できます。それ以外は受信できません。また、何も送信できません。ほかのポリシーで許可された通信だけが通ります。',
  },
  '001-05b mysql, ingress only': {
    en: 'Pods tier=mysql of namespace default accept TCP 3306 from pods tier=frontend of this namespace; they accept nothing else. What they send is not restricted.',
    ja: 'namespace default の tier=mysql の Pod は、この namespace の tier=frontend の Pod から TCP 3306 で受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'slide 38, and': {
    en: 'Every pod of namespace default accepts everything from pods role=frontend of namespaces app=helidon; it accepts nothing else. What it sends is not restricted.',
    ja: 'namespace default のすべての Pod は、app=helidon の namespace の role=frontend の Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'slide 38, or': {
    en: 'Every pod of namespace default accepts everything from every pod of namespaces app=helidon and from pods role=frontend of this namespace; it accepts nothing else. What it sends is not restricted.',
    ja: 'namespace default のすべての Pod は、app=helidon の namespace のすべての Pod と、この namespace の role=frontend の Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'slide 39': {
    en: 'Pods role=app of namespace namespace-a accept TCP 80 from pods role=frontend of this namespace, and TCP 8080 from 172.31.2.1; they accept nothing else. They may send TCP 8080 to every pod of namespaces project=test-app and to 10.2.3.1; they may send nothing else.',
    ja: 'namespace namespace-a の role=app の Pod は、この namespace の role=frontend の Pod から TCP 80 で、また 172.31.2.1 から TCP 8080 で受信できます。それ以外は受信できません。また、project=test-app の namespace のすべての Pod と、10.2.3.1 に TCP 8080 で送信できます。それ以外は送信できません。',
  },
  'use case 1, frontend': {
    en: 'Pods role=frontend of namespace default accept everything from everyone. What they send is not restricted.',
    ja: 'namespace default の role=frontend の Pod は、すべての相手から制限なく受信できます。送信は制限されません。',
  },
  'use case 1, cache': {
    en: 'Pods role=cache of namespace default accept everything from pods role=frontend of this namespace; they accept nothing else. What they send is not restricted.',
    ja: 'namespace default の role=cache の Pod は、この namespace の role=frontend の Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'use case 2': {
    en: 'Pods role=monitoring of namespace namespace-b accept TCP 5000 from pods role=frontend of namespace namespace-a; they accept nothing else. What they send is not restricted.',
    ja: 'namespace namespace-b の role=monitoring の Pod は、namespace namespace-a の role=frontend の Pod から TCP 5000 で受信できます。それ以外は受信できません。送信は制限されません。',
  },
  '000-01 skeleton': {
    en: 'No pod can match the selector of this policy, so it governs nothing. Problem at spec.podSelector: "適用するPod" cannot be read: a label selector is expected, with matchLabels or matchExpressions. Problem at spec.ingress: "許可" cannot be read: a list is expected. Problem at spec.policyTypes[0]: "Ingress \\"拒否する\\"" cannot be read: write Ingress or Egress, with a capital letter. There are 2 more problems.',
    ja: 'このポリシーのセレクターに一致する Pod はありえないため、何も制限しません。spec.podSelector に問題があります: "適用するPod" を解釈できません: matchLabels か matchExpressions を持つラベルセレクターが必要です。spec.ingress に問題があります: "許可" を解釈できません: リストが必要です。spec.policyTypes[0] に問題があります: "Ingress \\"拒否する\\"" を解釈できません: Ingress か Egress を大文字で始めて書いてください。問題はほかに 2 件あります。',
  },
  '000-02 by namespace label': {
    en: 'Every pod of namespace default accepts everything from every pod of namespaces test-label=default; it accepts nothing else. What it sends is not restricted.',
    ja: 'namespace default のすべての Pod は、test-label=default の namespace のすべての Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  '004-01 by namespace name': {
    en: 'Pods app=nginx-c of namespace test-c accept everything from every pod of namespace test-a; they accept nothing else. What they send is not restricted.',
    ja: 'namespace test-c の app=nginx-c の Pod は、namespace test-a のすべての Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  '004-02 both directions': {
    en: 'Pods app=nginx of namespace test-c accept TCP 8080 from 10.1.0.0/16 and from pods app=frontend-app of this namespace; they accept nothing else. They may send TCP 80 to every pod of namespaces project=backend-app; they may send nothing else.',
    ja: 'namespace test-c の app=nginx の Pod は、10.1.0.0/16 と、この namespace の app=frontend-app の Pod から TCP 8080 で受信できます。それ以外は受信できません。また、project=backend-app の namespace のすべての Pod に TCP 80 で送信できます。それ以外は送信できません。',
  },
  'the promised example': {
    en: 'Pods app=web of namespace shop accept TCP 80 from pods app=front of this namespace and from 10.0.0.0/8; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app=web の Pod は、この namespace の app=front の Pod と、10.0.0.0/8 から TCP 80 で受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'default deny of ingress': {
    en: 'Every pod of namespace shop accepts nothing, except what other policies allow. What it sends is not restricted.',
    ja: 'namespace shop のすべての Pod は、何も受信できません。ほかのポリシーで許可された通信だけが通ります。送信は制限されません。',
  },
  'default deny of egress': {
    en: 'Every pod of namespace shop may send nothing, except what other policies allow. What it accepts is not restricted.',
    ja: 'namespace shop のすべての Pod は、何も送信できません。ほかのポリシーで許可された通信だけが通ります。受信は制限されません。',
  },
  'rules that are switched off': {
    en: 'Pods app=web of namespace shop accept nothing, except what other policies allow. What they send is not restricted. Its egress rules have no effect: policyTypes does not list Egress.',
    ja: 'namespace shop の app=web の Pod は、何も受信できません。ほかのポリシーで許可された通信だけが通ります。送信は制限されません。policyTypes に Egress がないため、egress のルールは効果がありません。',
  },
  'both switched off': {
    en: 'This policy restricts nothing: its policyTypes list neither Ingress nor Egress. Its ingress rules have no effect: policyTypes does not list Ingress. Problem at spec.policyTypes[0]: ingress cannot be read: write Ingress or Egress, with a capital letter.',
    ja: 'policyTypes に Ingress も Egress もないため、このポリシーは何も制限しません。policyTypes に Ingress がないため、ingress のルールは効果がありません。spec.policyTypes[0] に問題があります: ingress を解釈できません: Ingress か Egress を大文字で始めて書いてください。',
  },
  'excepts, ranges, names, protocols': {
    en: 'Pods app=web of namespace shop accept TCP 8000-8010 and port http, and UDP 53, from 10.0.0.0/8 without 10.1.0.0/16 and 10.2.3.0/24 and from 192.168.0.0/16; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app=web の Pod は、10.0.0.0/8(10.1.0.0/16 と 10.2.3.0/24 を除く)と、192.168.0.0/16 から TCP 8000-8010 とポート http、UDP 53 で受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'many namespaces': {
    en: 'Every pod of namespace shop may send TCP 443 to every pod of namespace team-0, to every pod of namespace team-1, to every pod of namespace team-2, to every pod of namespace team-3, to every pod of namespace team-4 and to 12 more; it may send nothing else. What it accepts is not restricted.',
    ja: 'namespace shop のすべての Pod は、namespace team-0 のすべての Pod、namespace team-1 のすべての Pod、namespace team-2 のすべての Pod、namespace team-3 のすべての Pod、namespace team-4 のすべての Pod など、ほか 12 件に TCP 443 で送信できます。それ以外は送信できません。受信は制限されません。',
  },
  'many rules': {
    en: 'Pods app=web of namespace shop accept TCP 8000 from pods client=c0 of this namespace, TCP 8010 from pods client=c1 of this namespace, TCP 8020 from pods client=c2 of this namespace, TCP 8030 from pods client=c3 of this namespace, TCP 8040 from pods client=c4 of this namespace, and 4 more kinds of traffic; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app=web の Pod は、この namespace の client=c0 の Pod から TCP 8000 で、この namespace の client=c1 の Pod から TCP 8010 で、この namespace の client=c2 の Pod から TCP 8020 で、この namespace の client=c3 の Pod から TCP 8030 で、この namespace の client=c4 の Pod から TCP 8040 で、ほか 4 種類の通信でも受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'many ports': {
    en: 'Pods app=web of namespace shop accept TCP 1000, 1002, 1004, 1006, 1008, 1010 and 6 more from every pod of this namespace; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app=web の Pod は、この namespace のすべての Pod から TCP 1000、1002、1004、1006、1008、1010 など、ほか 6 件で受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'two halves of the internet': {
    en: 'Pods app=web of namespace shop may send every port of TCP to all 4,294,967,296 IPv4 addresses; they may send nothing else. What they accept is not restricted.',
    ja: 'namespace shop の app=web の Pod は、4,294,967,296 個すべての IPv4 アドレスに TCP のすべてのポートで送信できます。それ以外は送信できません。受信は制限されません。',
  },
  IPv6: {
    en: 'Pods app=web of namespace shop may send TCP 53 and UDP 53 to every IPv6 address; they may send nothing else. What they accept is not restricted.',
    ja: 'namespace shop の app=web の Pod は、すべての IPv6 アドレスに TCP 53 と UDP 53 で送信できます。それ以外は送信できません。受信は制限されません。',
  },
  'any namespace but one': {
    en: 'Pods app=web of namespace shop accept everything from pods role=probe of every namespace but kube-system; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app=web の Pod は、kube-system 以外のすべての namespace の role=probe の Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'presence and absence of labels': {
    en: 'Pods app in (a,b) with label team and without label old of namespace shop accept everything from every pod of namespaces env!=prod; they accept nothing else. What they send is not restricted.',
    ja: 'namespace shop の app in (a,b) で、ラベル team があり、ラベル old がない Pod は、env!=prod の namespace のすべての Pod から制限なく受信できます。それ以外は受信できません。送信は制限されません。',
  },
  'a selector that nothing satisfies': {
    en: 'No pod can match the selector of this policy, so it governs nothing.',
    ja: 'このポリシーのセレクターに一致する Pod はありえないため、何も制限しません。',
  },
  'a peer that nothing satisfies': {
    en: 'Every pod of namespace shop accepts nothing, except what other policies allow. It may send TCP 53 and UDP 53 to pods k8s-app=kube-dns of namespace kube-system; it may send nothing else. Nobody can match spec.ingress[0].from[0].podSelector.',
    ja: 'namespace shop のすべての Pod は、何も受信できません。ほかのポリシーで許可された通信だけが通ります。また、namespace kube-system の k8s-app=kube-dns の Pod に TCP 53 と UDP 53 で送信できます。それ以外は送信できません。spec.ingress[0].from[0].podSelector に一致する相手はありえません。',
  },
  'what cannot be read': {
    en: 'Every pod of namespace shop accepts nothing, except what other policies allow. What it sends is not restricted. Problem at spec.ingres: this field is not known and would be dropped; known are podSelector, policyTypes, ingress, egress. Problem at spec.ingress[0].ports[0].port: 99999 cannot be read: a port is 1 to 65535, or a name such as http. Problem at spec.ingress[0].from[0].ipBlock.cidr: 010.0.0.0/8 cannot be read: a number in it starts with 0, which some read as octal.',
    ja: 'namespace shop のすべての Pod は、何も受信できません。ほかのポリシーで許可された通信だけが通ります。送信は制限されません。spec.ingres に問題があります: このフィールドは使えず、無視されます。使えるのは podSelector, policyTypes, ingress, egress です。spec.ingress[0].ports[0].port に問題があります: 99999 を解釈できません: ポートは 1 から 65535 の数、または http のような名前です。spec.ingress[0].from[0].ipBlock.cidr に問題があります: 010.0.0.0/8 を解釈できません: 0 で始まる数字があり、8 進数と読まれることがあります。',
  },
};
