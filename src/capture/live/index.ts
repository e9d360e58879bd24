// Live capture: one AF_PACKET ring per interface, merged by time. The opener enters namespaces for us;
// everything here runs without rights. Loss is counted per interface and told as it happens.
export { type Control, LiveCapture } from './capture.ts';
export { inspectNamespace } from './inspect.ts';
export { CaptureError, type LiveNamespace, type LiveOptions, type SocketOpener } from './namespace.ts';
