// Capture files as a PacketSource: pcap, pcapng, gzip of either, from a path or stdin. Opening is apart
// from running, so that the file is open before rights are given up. A slow sink makes the reading wait.
export { FileCapture, type FileOptions, openCaptureFile } from './file.ts';
