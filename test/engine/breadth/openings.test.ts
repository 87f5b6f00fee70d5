import { expect, it } from 'vitest';
import { Openings } from '../../../src/engine/breadth/openings.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { noTraffic } from '../../../src/engine/sets/traffic.ts';

const policy = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'NetworkPolicy',
  metadata: { name: 'calls', namespace: 'shop' },
  spec: {
    types: ['Egress'],
    egress: [
      { action: 'Allow', destination: { services: { name: 'db', namespace: 'shop' } } },
      { action: 'Allow', destination: { selector: "role == 'partner'", namespaceSelector: 'global()' } },
    ],
  },
};
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: {} };
const set = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkSet',
  metadata: { name: 'partners', labels: { role: 'partner' } },
  spec: { nets: ['192.0.2.0/24'] },
};

const add = (world: World, object: { readonly metadata: object }) => world.with(object, refOf(object));

/** Asked of the same memory in turn, each World gets what a memory of its own would say. */
it('remembers what a policy opens only as long as what was looked up for it stays as it was', () => {
  const bare = add(World.empty('cluster'), policy);
  const served = add(bare, service);
  const worlds = [bare, served, bare, add(served, set), add(bare, set), served.without(refOf(service))];
  const openings = new Openings();
  const ask = (of: Openings, world: World) => {
    const read = world.policy(refOf(policy));
    if (read === undefined) throw new Error('the policy is in every World here');
    return of.of(read, 'egress', noTraffic, { world, cluster: { podAddresses: noAddresses } });
  };
  const answers = worlds.map((world) => ask(openings, world));
  expect(answers).toEqual(worlds.map((world) => ask(new Openings(), world)));
  expect(answers.map(({ doubts }) => doubts.includes('no-services'))).toEqual([true, false, true, false, true, true]);
  // The set is what the second rule comes to.
  expect(answers[3]?.parts).not.toEqual(answers[1]?.parts);
});
