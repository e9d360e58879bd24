// Capture files as pure functions: bytes in, frames out, and back. No file system here.
// 1. CaptureDecoder reads classic pcap and pcapng, cut anywhere; the same events at every cut.
// 2. A frame that lies whole in a fed chunk is not copied; one that straddles chunks is joined.
// 3. Not a capture file: CaptureFileError. A damaged one: all before the damage, then a loss.
// 4. Writers fill one growing chunk that the caller takes and clears: always whole blocks.
// 5. Formats: pcapng is draft-ietf-opsawg-pcapng, pcap is draft-ietf-opsawg-pcap.
export type { Chunk } from './chunk.ts';
export { PcapWriter } from './classic-writer.ts';
export { CaptureDecoder, type DecoderOutput } from './decoder.ts';
export { CaptureFileError } from './errors.ts';
export { PcapngWriter } from './ng-writer.ts';
export { parseRotateSize, type RotationPlan, rotatedName } from './rotation.ts';
