// Frames into capture files: pcapng (default) or pcap, whole blocks only, rotation as tcpdump does it.
// Who opens files is a port: root's opener, this process, or a descriptor. Errors are one OutputError
// that says what was kept; what is on disk stays readable.
export {
  fdOutput,
  fileOutputs,
  OutputError,
  type OutputFile,
  type OutputOpener,
  openFailure,
  stdoutOutput,
} from './files.ts';
export { type CaptureFileOptions, CaptureFileSink } from './sink.ts';
