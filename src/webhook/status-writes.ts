import type { StatusWrite } from '../cluster/status-keeper.ts';
import { exemptions, guardrailSets } from '../config/custom-resource-names.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import { type Use, wantedStatus } from '../config/status.ts';
import type { Language } from '../engine/words/language.ts';

/**
 * The custom resources whose status is not what it ought to be, and what it ought to be.
 *
 * @param now milliseconds since 1970
 */
export function statusWrites(
  live: LiveConfiguration,
  uses: ReadonlyMap<string, Use>,
  language: Language,
  now: number,
): readonly StatusWrite[] {
  const { standings } = live.current(now);
  // The versions and the status of now: what changes in the status only makes no new composition.
  const objects = new Map([...live.guardrailSets.all(), ...live.exemptions.all()].map((one) => [one.uid, one]));
  return standings.flatMap((standing) => {
    const { kind } = standing;
    const object = objects.get(standing.object.uid);
    if (object === undefined) return [];
    const { name, uid, resourceVersion } = object;
    const use = kind === 'Exemption' ? uses.get(name) : undefined;
    const status = wantedStatus({ ...standing, object }, use, now, language);
    if (status === undefined) return [];
    const essence = JSON.stringify(status, (key, value) => (key === 'lastTransitionTime' ? undefined : value));
    const resource = kind === 'Exemption' ? exemptions : guardrailSets;
    return [{ kind, resource, name, uid, resourceVersion, status, essence }];
  });
}
