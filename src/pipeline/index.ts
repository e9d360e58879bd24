// Frames in, exchanges out: decode, follow streams, find each connection's protocol, let its analyzer
// speak, enrich, hand to every sink. No I/O and no clock but the frames'. Nothing calls upstream;
// loss and notes travel the same road. A protocol found inside another replaces it on the connection.
export { Marks, type MarksOptions } from './marks.ts';
export { Names } from './names.ts';
export { type OwnedSocket, Owners } from './owners.ts';
export { createPipeline, type Pipeline, type PipelineCounters, type PipelineOptions } from './pipeline.ts';
export { createReception, type Reception, type ReceptionOptions } from './reception.ts';
export { Sides, type SidesOptions } from './sides.ts';
