// What messages of remote calls mean: .proto files and descriptor sets read without a compiler, and messages
// written as JSON by them. tokens.ts and parse.ts read files, descriptor.ts descriptors (also those that servers
// send of themselves), schema.ts resolves names, json.ts and special.ts write. Pure; ProtoError says what is wrong
// with a file.
export { parseDescriptorSet } from './descriptor.ts';
export { ProtoSchema, parseProtoBytes } from './schema.ts';
export { ProtoError, type ProtoFile } from './types.ts';
