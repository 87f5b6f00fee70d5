import { describe, expect, it } from 'vitest';
import type { JsonAnswer, Writing } from '../../src/cluster/connection.ts';
import { StatusKeeper, type StatusWrite } from '../../src/cluster/status-keeper.ts';
import { HandClock } from './hand-clock.ts';

const resource = { group: 'sekisho.dev', version: 'v1alpha1', plural: 'exemptions' };

function write(changes: Partial<StatusWrite> = {}): StatusWrite {
  const usual = { kind: 'Exemption', resource, name: 'a', uid: 'u', resourceVersion: '1' };
  return { ...usual, status: { state: 'Active' }, essence: 'active', ...changes };
}

/** A keeper that is made to look, and a server that answers as it is told. */
function keeping(answers: readonly Partial<JsonAnswer>[]) {
  const clock = new HandClock();
  const sent: { path: string; writing: Writing }[] = [];
  const problems: string[] = [];
  let wanted: readonly StatusWrite[] = [];
  let next = 0;
  const keeper = new StatusKeeper({
    connection: {
      getJson: () => Promise.reject(new Error('nothing is to be read')),
      write: async (path, writing) => {
        sent.push({ path, writing });
        return { status: 200, headers: {}, body: {}, ...(answers[next++] ?? {}) };
      },
    },
    wanted: () => wanted,
    clock,
    every: 1000,
    onProblem: (message) => problems.push(message),
  });
  const settled = async () => {
    while (clock.waiting === 0) await new Promise((done) => setImmediate(done));
  };
  keeper.start();
  return {
    sent,
    problems,
    keeper,
    async look(writes: readonly StatusWrite[], after = 1000) {
      await settled();
      wanted = writes;
      clock.advance(after);
      await settled();
    },
  };
}

const forbidden = {
  status: 403,
  body: { message: 'exemptions.sekisho.dev "a" is forbidden: User "x" cannot patch resource "exemptions/status"' },
};

describe('the keeper of statuses', () => {
  it('applies them as its own, from the version that they were worked out from', async () => {
    const { look, sent, keeper } = keeping([]);
    await look([write()]);
    expect(sent).toEqual([
      {
        path: '/apis/sekisho.dev/v1alpha1/exemptions/a/status?fieldManager=sekisho&force=true',
        writing: {
          method: 'PATCH',
          contentType: 'application/apply-patch+yaml',
          body: {
            apiVersion: 'sekisho.dev/v1alpha1',
            kind: 'Exemption',
            metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
            status: { state: 'Active' },
          },
        },
      },
    ]);
    await keeper.stop();
  });

  it('waits for the watch to bring back what it wrote', async () => {
    const { look, sent, keeper } = keeping([]);
    await look([write()]);
    await look([write()]);
    expect(sent).toHaveLength(1);
    await look([write({ resourceVersion: '2', essence: 'expired' })]);
    expect(sent).toHaveLength(2);
    await keeper.stop();
  });

  it('does not fight with one who wants something else: the same again only after a minute', async () => {
    const { look, sent, keeper } = keeping([]);
    await look([write()]);
    for (let version = 2; version < 60; version += 1) await look([write({ resourceVersion: String(version) })]);
    expect(sent).toHaveLength(1);
    await look([write({ resourceVersion: '60' })], 2000);
    expect(sent).toHaveLength(2);
    await keeper.stop();
  });

  it('leaves a conflict to the next look, and says nothing of it', async () => {
    const { look, sent, problems, keeper } = keeping([
      { status: 409, body: { message: 'the object has been modified' } },
    ]);
    await look([write()]);
    await look([write({ resourceVersion: '2' })]);
    expect([sent.length, problems]).toEqual([2, []]);
    await keeper.stop();
  });

  it('names the missing right and the rule once, and rests a minute', async () => {
    const { look, sent, problems, keeper } = keeping([forbidden, forbidden, forbidden]);
    for (let time = 0; time < 59; time += 1) await look([write()]);
    expect(sent).toHaveLength(1);
    expect(problems).toEqual([
      'may not write the status of exemptions.sekisho.dev (403): add to the ClusterRole of the account the rule {apiGroups: [sekisho.dev], resources: [exemptions/status], verbs: [patch]}; what is in force does not hang on it',
    ]);
    await look([write()], 2000);
    expect([sent.length, problems.length]).toEqual([2, 1]);
    await keeper.stop();
  });

  it('tries again after any other fault, and tells of it once', async () => {
    const down = { status: 500, body: { message: 'etcd is away' } };
    const { look, sent, problems, keeper } = keeping([down, down]);
    for (let time = 0; time < 3; time += 1) await look([write()]);
    expect(sent).toHaveLength(3);
    expect(problems).toEqual(['could not write the status of Exemption a: etcd is away']);
    await keeper.stop();
  });
});
