/** Bundles everything into one file that needs nothing but Node: `dist/sekisho.js`. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const outfile = join(root, 'dist', 'sekisho.js');
const version = String(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version);

const result = await build({
  entryPoints: [join(root, 'src/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  keepNames: true,
  metafile: true,
  legalComments: 'none',
  // The text of a program stays in memory: without comments, one of which would make every letter two bytes. Names and lines
  // remain, for whoever reads a stack trace.
  minifyWhitespace: true,
  lineLimit: 200,
  plugins: [onlyWhatIsUsedOf(/@kubernetes\/client-node/)],
  define: { 'process.env.SEKISHO_VERSION': JSON.stringify(version) },
  // CommonJS packages ask for these by name.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = (await import("node:url")).fileURLToPath(import.meta.url);',
      'const __dirname = (await import("node:path")).dirname(__filename);',
    ].join(''),
  },
});
await chmod(outfile, 0o755);

/** The licences of what was bundled travel with it. */
const packages = new Set(
  Object.keys(result.metafile.inputs).flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
);
const notices: string[] = [];
for (const name of [...packages].sort()) {
  const folder = join(root, 'node_modules', name);
  const { version: of, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((one) => /^(licen[cs]e|copying)/i.test(one));
  const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
  notices.push(`${name} ${of} (${license})\n\n${text.trim()}\n`);
}
await mkdir(join(root, 'dist'), { recursive: true });
await writeFile(join(root, 'dist', 'THIRD-PARTY-LICENSES'), notices.join(`\n${'-'.repeat(80)}\n\n`));
const size = Object.values(result.metafile.outputs).reduce((sum, one) => sum + one.bytes, 0);
process.stdout.write(`dist/sekisho.js, ${(size / 1024 / 1024).toFixed(1)} MiB, from ${packages.size} packages\n`);

/**
 * A package that does not say of its modules that loading them does nothing else is bundled whole. Of the client 53 MiB are
 * generated types and methods that nobody here calls: as text and as code 80 MB in the memory of every replica.
 */
function onlyWhatIsUsedOf(name: RegExp): Plugin {
  const seen = Symbol('seen');
  return {
    name: 'only-what-is-used',
    setup({ onResolve, resolve: resolved }) {
      onResolve(
        { filter: /.*/ },
        async ({ path, importer, kind, namespace, resolveDir, pluginData, with: attributes }) => {
          if (pluginData === seen || !(name.test(path) || name.test(importer))) return undefined;
          const options = { importer, kind, namespace, resolveDir, with: attributes, pluginData: seen };
          const found = await resolved(path, options);
          return {
            path: found.path,
            external: found.external,
            namespace: found.namespace,
            sideEffects: name.test(found.path) ? false : found.sideEffects,
          };
        },
      );
    },
  };
}
