/**
 * Makes the page's files of `web/` with esbuild, which only a checkout has. Nothing is loaded from elsewhere: the
 * bundle is all there is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Made {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @param root of the checkout */
export async function bundle(root: string): Promise<Made[]> {
  const { build } = await import('esbuild');
  const web = join(root, 'web');
  const { outputFiles } = await build({
    entryPoints: { app: join(web, 'src/main.tsx'), worker: join(web, 'src/worker/main.ts') },
    outdir: '/page',
    absWorkingDir: root,
    nodePaths: [join(root, 'node_modules')],
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    bundle: true,
    splitting: true,
    format: 'esm',
    // What light-dark() and the rest of the style sheet need too.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    minify: true,
    chunkNames: 'part-[hash]',
    legalComments: 'none',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  const styles = await build({
    entryPoints: [join(web, 'style.css')],
    bundle: true,
    minify: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    write: false,
    logLevel: 'silent',
  });
  return [
    ...outputFiles.map(({ path, contents }) => ({ name: path.replace(/^\/page\//, ''), bytes: contents })),
    { name: 'app.css', bytes: styles.outputFiles[0]!.contents },
    ...['index.html', 'icon.svg'].map((name) => ({ name, bytes: readFileSync(join(web, name)) })),
  ];
}
