/** What `dump` is asked to print; the letters are tcpdump's. */
export interface PrintOptions {
  /** -n: how often it was given. */
  readonly noNames: number;
  /** -v to -vvv. */
  readonly verbose: 0 | 1 | 2 | 3;
  /** -q */
  readonly quiet: boolean;
  /** -e */
  readonly linkHeader: boolean;
  /** -S */
  readonly absoluteSeq: boolean;
  /** -A (1) and -AA (2) */
  readonly ascii: 0 | 1 | 2;
  /** -x (1) and -xx (2) */
  readonly hex: 0 | 1 | 2;
  /** -X (1) and -XX (2) */
  readonly hexAscii: 0 | 1 | 2;
  /** -t (1: none) to -ttttt (5: since the first packet) */
  readonly time: 0 | 1 | 2 | 3 | 4 | 5;
  /** Nine digits of the second. */
  readonly nano: boolean;
  /** -K: checksums are not checked. */
  readonly noChecksums?: boolean;
  /** -# */
  readonly number: boolean;
  /** Name of an address (its text form), without -n. */
  readonly hostName?: (address: string) => string | undefined;
  /** Name of a port, without -n. */
  readonly serviceName?: (port: number, protocol: 'tcp' | 'udp') => string | undefined;
  /** Each line says where its packet was seen, and which way it went, as tcpdump does of several interfaces. */
  readonly showInterface?: boolean;
  /**
   * Name of a local interface by its number, for LINKTYPE_LINUX_SLL2. tcpdump asks the machine it runs
   * on, whichever one the capture is from.
   */
  readonly interfaceName?: (index: number) => string | undefined;
}
