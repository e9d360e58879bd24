/** A mistake in -Y is told before a container is looked for; '' asks for nothing. @throws QueryError */
export async function checkQuery(text: string): Promise<void> {
  if (text === '') return;
  const [{ compile, createSchema }, { declarations }] = await Promise.all([
    import('../query/index.ts'),
    import('../protocols/registry.ts'),
  ]);
  compile(text, createSchema(declarations));
}
