/** Where the programs of the test control plane come from. */

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildBinaries } from './control-plane-build.ts';
import { GoUnavailable } from './go-build.ts';

/** Receives one line of text about what goes on. */
export type Log = (message: string) => void;

/** The paths of the programs. */
export interface Binaries {
  readonly apiServer: string;
  readonly etcd: string;
  readonly kubectl: string;
  /** Not every `KUBEBUILDER_ASSETS` folder has it; what is built here always does. */
  readonly controllerManager: string | undefined;
  /** The folder that all of them are in. */
  readonly folder: string;
}

/**
 * Finds kube-apiserver, etcd and kubectl: in the folder that `KUBEBUILDER_ASSETS` names, or else as built from
 * `test/control-plane`, which is done here if it was not done before.
 *
 * @throws Error if there is neither.
 */
export async function locateBinaries(log: Log): Promise<Binaries> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return binariesOfAssets(resolve(assets));
  try {
    return await binariesIn(await buildBinaries(log));
  } catch (error) {
    if (!(error instanceof GoUnavailable)) throw error;
    throw new Error(
      'The tests against a real API server need either KUBEBUILDER_ASSETS set to a folder with kube-apiserver, etcd ' +
        `and kubectl, or Go ${error.needed} or later to build them from test/control-plane, and ${error.found}.`,
      { cause: error },
    );
  }
}

async function binariesOfAssets(folder: string): Promise<Binaries> {
  const missing = await missingPrograms(folder);
  if (missing.length === 0) return binariesIn(folder);
  throw new Error(
    `KUBEBUILDER_ASSETS names ${folder}, which has no ${missing.join(' and no ')} that can be run: name a folder with ` +
      'kube-apiserver, etcd and kubectl, or unset it to have them built with Go from test/control-plane.',
  );
}

async function missingPrograms(folder: string): Promise<string[]> {
  const programs = ['kube-apiserver', 'etcd', 'kubectl'];
  const present = await Promise.all(programs.map((program) => isExecutable(join(folder, program))));
  return programs.filter((_, index) => present[index] !== true);
}

async function binariesIn(folder: string): Promise<Binaries> {
  const controllerManager = join(folder, 'kube-controller-manager');
  return {
    apiServer: join(folder, 'kube-apiserver'),
    etcd: join(folder, 'etcd'),
    kubectl: join(folder, 'kubectl'),
    controllerManager: (await isExecutable(controllerManager)) ? controllerManager : undefined,
    folder,
  };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
