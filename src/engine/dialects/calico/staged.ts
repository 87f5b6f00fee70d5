import { field, isAbsent, isObject } from '../../json/read.ts';
import type { Problems } from '../problems.ts';

const actions: readonly unknown[] = ['Set', 'Delete', 'Learn', 'Ignore'];

/** What the staged policy previews; a preview of a deletion has nothing else to say than which policy is meant. */
export function checkStagedAction(spec: unknown, problems: Problems): void {
  const action = field(spec, 'stagedAction');
  if (isAbsent(action) || action === '') return;
  if (!actions.includes(action)) problems.wrongType(['spec', 'stagedAction'], action, 'staged-action');
  if (action !== 'Delete' || !isObject(spec)) return;
  const others = Object.keys(spec).filter((name) => name !== 'stagedAction' && name !== 'tier' && isFilled(spec[name]));
  for (const name of others) {
    problems.add('bad-type', ['spec', name], undefined, 'staged-delete-alone', { consequence: 'refused' });
  }
}

function isFilled(value: unknown): boolean {
  return !isAbsent(value) && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
}
