/** The GitOps clients themselves, built from their Go modules once and kept, as the control plane is. */

import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, downloadGoModule, type GoProgram, requiredVersion } from '../../support/go-build.ts';

const log = (message: string): void => void process.stderr.write(`${message}\n`);
const moduleFolder = (name: string): string => fileURLToPath(new URL(`../../gitops-clients/${name}`, import.meta.url));

const helm: GoProgram = {
  moduleFolder: moduleFolder('helm'),
  cacheFolder: 'gitops-clients/helm',
  package: 'helm.sh/helm/v4/cmd/helm',
  binary: 'helm',
  describe: (goMod) => ({ title: `Helm ${requiredVersion(goMod, 'helm.sh/helm/v4')}`, linkerSettings: [] }),
};

const controller = 'github.com/fluxcd/kustomize-controller';
const source = 'github.com/fluxcd/source-controller';

const kustomizeController: GoProgram = {
  moduleFolder: moduleFolder('kustomize-controller'),
  cacheFolder: 'gitops-clients/kustomize-controller',
  package: controller,
  binary: 'kustomize-controller',
  describe: (goMod) => ({
    title: `Flux's kustomize-controller ${requiredVersion(goMod, controller)}`,
    linkerSettings: [],
  }),
  // Its own kind, and those that it watches for revisions, as the two modules define them.
  complete: async (folder, goMod) => {
    const modules = [
      [controller, requiredVersion(goMod, controller)],
      [source, requiredVersion(goMod, `${source}/api`)],
    ] as const;
    await mkdir(join(folder, 'crds'));
    for (const [path, version] of modules) {
      const bases = join(await downloadGoModule(kustomizeController.moduleFolder, path, version), 'config/crd/bases');
      const names = await readdir(bases);
      await Promise.all(names.map((name) => copyFile(join(bases, name), join(folder, 'crds', name))));
    }
  },
};

const engine = 'github.com/argoproj/argo-cd/gitops-engine';

const gitopsEngine: GoProgram = {
  moduleFolder: moduleFolder('gitops-engine'),
  cacheFolder: 'gitops-clients/gitops-engine',
  package: `${engine}/agent`,
  binary: 'agent',
  describe: (goMod) => ({ title: `Argo CD's gitops-engine ${requiredVersion(goMod, engine)}`, linkerSettings: [] }),
};

/** The path of the agent, which is little more than the sync engine. */
export async function gitopsEngineProgram(): Promise<string> {
  return join(await buildOnce(gitopsEngine, log), gitopsEngine.binary);
}

/** The path of helm. */
export async function helmProgram(): Promise<string> {
  return join(await buildOnce(helm, log), helm.binary);
}

/** The path of the controller, and of the folder with the definitions of the kinds that it needs. */
export async function kustomizeControllerProgram(): Promise<{ readonly path: string; readonly crds: string }> {
  const folder = await buildOnce(kustomizeController, log);
  return { path: join(folder, kustomizeController.binary), crds: join(folder, 'crds') };
}
