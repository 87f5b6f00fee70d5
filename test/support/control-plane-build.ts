/** Builds the programs of the test control plane from `test/control-plane` with Go, once, and keeps them. */

import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, type GoProgram, requiredVersion } from './go-build.ts';

const programs = ['kube-apiserver', 'etcd', 'kubectl', 'kube-controller-manager'];

const controlPlane: GoProgram = {
  moduleFolder: fileURLToPath(new URL('../control-plane', import.meta.url)),
  cacheFolder: 'control-plane',
  package: '.',
  binary: 'control-plane',
  describe: (goMod) => {
    const version = requiredVersion(goMod, 'k8s.io/kubernetes');
    return { title: `${programs.join(', ')} ${version}`, linkerSettings: versionSettings(version) };
  },
  complete: async (folder) => {
    await Promise.all(programs.map((program) => symlink('control-plane', join(folder, program))));
  },
};

/**
 * Gives the folder with the built programs, and builds them first if that was not done for the present sources.
 *
 * @throws GoUnavailable if they have to be built and cannot be.
 */
export function buildBinaries(log: (message: string) => void): Promise<string> {
  return buildOnce(controlPlane, log);
}

/** The version that the programs report has to be set from outside, as the Kubernetes build does. */
function versionSettings(kubernetesVersion: string): string[] {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const variables = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  return Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
}
