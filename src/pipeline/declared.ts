/** What sinks are told of protocols. */
import type { DeclaredFields, InnerModule, ProtocolModule } from '../model/index.ts';
import { transports } from '../protocols/transport/index.ts';

export function declaredFields(
  protocols: readonly ProtocolModule[],
  inners: readonly InnerModule[] = [],
): ReadonlyMap<string, DeclaredFields> {
  const fields = new Map<string, DeclaredFields>();
  for (const module of [...protocols, ...inners])
    fields.set(module.name, { title: module.title, fields: module.fields });
  for (const { name, title, fields: specs } of transports)
    fields.set(name, { title, fields: specs, isTransport: true });
  return fields;
}
