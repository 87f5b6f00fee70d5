import { describe, expect, it } from 'vitest';
import { readCases } from './support/case-file.ts';
import { testTitles, titlesIn } from './support/test-titles.ts';

/**
 * What Sekisho promises never to do to a cluster or to a pipeline, sentence by sentence, each with the tests that hold it
 * to it. Tests of `e2e/gitops` run with `npm run test:gitops`, all others with `npm test`.
 */
interface Kept {
  readonly what: string;
  /** File of tests -> titles in it, as they are written there. */
  readonly tests?: Readonly<Record<string, readonly string[]>>;
  /** Cases, without `.yaml`. */
  readonly cases?: readonly string[];
}

const everyAnswer = 'engine/admission/every-answer.test.ts';
const live = 'e2e/never-do-harm.test.ts';
const kubectl = 'e2e/kubectl.test.ts';
const gitops = ['flux', 'argo', 'helm', 'kubectl', 'calico'].map((name) => `e2e/gitops/${name}.test.ts`);

const ofEachClient = (scenario: string) => Object.fromEntries(gitops.map((file) => [file, [scenario]]));

const promises: readonly Kept[] = [
  {
    what: 'A verdict is HTTP 200 with an AdmissionReview v1 of the same uid, which the API server takes.',
    tests: {
      [everyAnswer]: ['is an AdmissionReview v1 with the uid of the request, and no patch'],
      'webhook/statuses.test.ts': ['sends the answer as it is, with few headers'],
      [kubectl]: ['of a policy that is refused on create, with the field, the reason and a way out'],
    },
  },
  {
    what: 'A refusal is 403 Forbidden, and no other code or reason, at which a client would delete or repeat.',
    tests: {
      [everyAnswer]: ['that refuses does so with 403 and Forbidden, and one that allows has no status'],
      [live]: [
        'is of one code and reason for everything that reads it by a program',
        'a change of a policy waits, as the operator chose: an error, and no client deletes for it',
      ],
    },
  },
  {
    what: 'The word at which clients delete is in no answer, whoever wrote it: the user, the configuration or we.',
    tests: {
      [everyAnswer]: ['leaves in no answer, with it in %s', 'leaves in no answer, with it in fields that nobody knows'],
      'engine/guardrails/forbidden-word.test.ts': ['stands in no text that a guardrail holds ready'],
      'config/forbidden-word.test.ts': ['is refused in every text that an answer may repeat: %s'],
      'webhook/statuses.test.ts': ['does not repeat the word at which clients delete, in an error either'],
      [live]: ['does not repeat the word at which clients delete, whoever brings it'],
    },
  },
  {
    what: 'What a client wanted to change and may not stays as it was.',
    tests: ofEachClient('refused'),
  },
  {
    what: 'An update is refused only for what it adds.',
    tests: {
      'engine/ratchet.test.ts': [
        'an update passes that opens nothing: %s',
        'an update is refused for what it opens: %s',
      ],
      [kubectl]: ['refuses only what an update adds to an object that was there before the guardrails'],
      ...ofEachClientBut('adopted', 'calico'),
    },
  },
  {
    what: 'Changes of metadata that nothing reads always pass.',
    tests: { [live]: ['may get labels, annotations and owners, and is refused what is worse'] },
    cases: ['require-default-deny/good-metadata-only', 'walkthrough/update-labels-only'],
  },
  {
    what: 'What is on its way out goes: a finalizer is taken away, and an object that is being deleted may be changed.',
    tests: { [live]: ['goes: it is deleted, may be changed while it goes, and its finalizer is taken away'] },
    cases: ['require-default-deny/good-finalizer-removed', 'require-default-deny/good-being-deleted'],
  },
  {
    what: 'A namespace that is being deleted takes everything in it along.',
    tests: {
      [kubectl]: ['goes with its namespace'],
      'e2e/default-deny.test.ts': ['with its namespace, whose controller deletes it'],
    },
    cases: [
      'require-default-deny/good-terminating-namespace',
      'forbid-broad-peers/good-terminating-namespace',
      'walkthrough/delete-default-deny-with-namespace',
    ],
  },
  {
    what: 'A namespace, its default deny and what is allowed come up in any order, with any client.',
    tests: { [kubectl]: ['in the order $order', 'in one file'], ...ofEachClient('comesUp') },
    cases: ['require-default-deny/good-one-commit'],
  },
  {
    what: 'They can be taken down again.',
    tests: ofEachClient('removed'),
    cases: ['require-default-deny/good-one-commit-removed'],
  },
  {
    what: 'What is missing is a warning; what is lost is refused, by whatever road.',
    tests: {
      [kubectl]: ['of a warning: one line, on a request that goes through'],
      'e2e/default-deny.test.ts': [
        'by a deletion',
        'by a selector that chooses fewer pods',
        'by a direction that the policy no longer names',
        'with a whole collection, in one request: the others may go',
        'by a label that the namespace no longer has',
        'by a tier that is moved or turned to Pass, nor by a policy of Calico that is moved or narrowed',
        'by a preview that takes its place',
        'with its owner: the garbage collector is refused as anybody is, until no pod would be opened',
      ],
    },
    cases: ['require-default-deny/bad-absent', 'walkthrough/delete-default-deny'],
  },
  {
    what: 'A declared deployer may delete the last default deny, and anybody where no pod of today is opened.',
    tests: {
      [kubectl]: ['may be taken by a tool that applies what was reviewed elsewhere'],
      'e2e/gitops/argo.test.ts': ['renamed'],
      'e2e/gitops/helm.test.ts': ['`uninstall` by a developer, while no pods are there'],
    },
    cases: ['walkthrough/delete-default-deny-covered', 'require-default-deny/bad-lost-finished-pods'],
  },
  {
    what: 'All findings are in one answer, sorted, and the same for the same question.',
    tests: {
      [everyAnswer]: [
        'tells all that it found: in words, or as a number with the command that shows the rest',
        'tells its findings in the order of their names',
        'has neither a time nor an id in it: another request of the second before gets the same bytes',
        'does not hang on the order in which the World was learnt',
      ],
    },
    cases: ['verdict/more-than-three-denials'],
  },
  {
    what: 'The first line says it all, and the whole is at most a kilobyte.',
    tests: {
      [everyAnswer]: ['has a first line that is complete by itself, and fits in a kilobyte'],
      'engine/render/admission.test.ts': ['is never too long, whatever stands in it (%s)'],
      'cases.test.ts': ['fits where it is read'],
    },
  },
  {
    what: 'A warning is one line, which Kubernetes neither drops nor cuts.',
    tests: { [everyAnswer]: ['has warnings of one line each, which the API server neither drops nor cuts'] },
  },
  {
    what: 'An internal error and a deadline that is over are errors, and never an allow.',
    tests: {
      'webhook/statuses.test.ts': [
        'keeps an internal error to itself, and logs and counts it',
        'sends no verdict that comes after the deadline',
      ],
      'webhook/fuzz.test.ts': ['any body gets one answer: JSON, or an error in one line'],
    },
  },
  {
    what: 'Nothing is judged by a World that is not complete, and what could not be checked is said.',
    tests: {
      'webhook/serve.test.ts': ['gives no verdict before it has seen the cluster: an error, and never an allow'],
      'engine/guardrails/forbid-dead-rules.test.ts': ['gives up aloud where there is too much to look through'],
    },
    cases: ['walkthrough/delete-default-deny-unknown-pods', 'protect-webhook/good-pods-unknown'],
  },
  {
    what: 'Admission writes nothing, and says so to the API server.',
    tests: {
      'engine/render/registration.test.ts': [
        'has no side effects, and asks for a verdict within half of the time that a client waits',
      ],
      'deploy/deploy.test.ts': [
        'are to read the World and the configuration, to write its status, to keep the one Secret and the one caBundle, and no more',
      ],
      [live]: ['was never a right to write: all of this was judged by a webhook that has none'],
    },
  },
  {
    what: 'Pods, nodes, leases and definitions are never asked about, and nothing by a star.',
    tests: {
      'engine/render/registration.test.ts': [
        'asks about every judged kind but profiles, for every operation, once',
        'matches nothing by a star',
      ],
    },
  },
  {
    what: 'System namespaces and the own one are not judged, unless somebody says otherwise.',
    tests: { [live]: ['is not asked about: system namespaces, and our own'] },
    cases: ['verdict/own-namespace', 'walkthrough/default-deny-all-system', 'verdict/exclusion-replaced'],
  },
  {
    what: 'While nobody answers, deletions, namespaces and cluster-scoped kinds go on, and the registration can go.',
    tests: {
      'engine/render/registration.test.ts': [
        'fails closed only for namespaced policies, and only where the operator wants it',
      ],
      [live]: [
        'deletions, namespaces, system namespaces and our own go on',
        'the registration can be taken away, and then everything goes on',
      ],
    },
  },
  {
    what: 'What would cut the API server off from the webhook is refused.',
    tests: { 'e2e/calico.test.ts': ['is not to be cut off from the API server by a policy, a tier or a label'] },
    cases: [
      'protect-webhook/bad-earlier-deny',
      'protect-webhook/bad-relabelled',
      'protect-webhook/bad-tier-ends-in-deny',
      'protect-webhook/bad-calico-api-server',
    ],
  },
];

function ofEachClientBut(scenario: string, ...others: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(ofEachClient(scenario)).filter(([file]) => !others.some((other) => file.includes(other))),
  );
}

const cases = new Set((await readCases()).map(({ path }) => path));

describe('never doing harm', () => {
  const held = promises.flatMap(({ what, tests = {} }) =>
    Object.entries(tests).flatMap(([file, titles]) => titles.map((title) => ({ what, file, title }))),
  );

  it.each(held)('$what $file: $title', async ({ file, title }) => {
    expect(await testTitles(file)).toContain(title);
  });

  it.each(promises)('$what (cases)', ({ cases: named = [], tests = {} }) => {
    expect(named.filter((one) => !cases.has(`${one}.yaml`))).toEqual([]);
    expect(named.length + Object.keys(tests).length).toBeGreaterThan(0);
  });

  it('is not held to by tests that are skipped', () => {
    const text = `
      it('runs', () => {});
      it.skip('is skipped', () => {});
      it.todo('is to be written');
      it.each([1])('runs for %s', () => {});
      it.skipIf(true)('is skipped here', () => {});
      describe.skip('all of these', () => { it('is inside of what is skipped', () => {}); });
      describe('these', () => { it('is inside', () => {}); });
    `;
    expect(titlesIn(text)).toEqual(['runs', 'runs for %s', 'is inside']);
  });
});
