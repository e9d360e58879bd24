/** Bytes and durations for people: two significant digits, the third only where it is free. */
const byteUnits = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** 78 B, 3.1 KiB, 10 KiB */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${short(value)} ${byteUnits[unit]}`;
}

/** 850 ns, 12 µs, 1.2 ms, 35 ms, 1.2 s, 2 m 05 s, 3 h 07 m */
export function formatDuration(ns: number): string {
  if (ns < 0) return `-${formatDuration(-ns)}`;
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${short(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${short(ns / 1e6)} ms`;
  if (ns < 59.5e9) return `${short(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

/** One decimal below ten, but 4 instead of 4.0. */
function short(value: number): string {
  const tenths = Math.round(value * 10);
  if (tenths >= 100) return String(Math.round(value));
  return tenths % 10 === 0 ? String(tenths / 10) : `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

export function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
