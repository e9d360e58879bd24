/**
 * Where the first module of another process of ours lies: beside the sources, or beside what was compiled of them.
 * A bundle keeps its pieces in one folder below its root, so that the way from here is the same.
 * @param name from the root, without its ending: 'lookout/main'
 */
export const programPath = (name: string): string =>
  new URL(`../${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).pathname;
