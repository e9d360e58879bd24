/**
 * What TCP, UDP and ICMP tell of connections that failed. No analyzers: the pipeline makes these entries, and adds
 * these fields to exchanges that were under way. Names as Wireshark has them where it has them.
 */
import type { FieldSpec } from '../../model/index.ts';

export interface TransportDeclaration {
  readonly name: 'tcp' | 'udp';
  /** As conversations of no known protocol have it. */
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

const icmpOf = (version: 'icmp' | 'icmpv6', title: string): readonly FieldSpec[] => [
  {
    name: `${version}.type`,
    type: 'number',
    label: 'type',
    description: `Type of the ${title} error about it`,
  },
  {
    name: `${version}.code`,
    type: 'number',
    label: 'code',
    description: `Code of the ${title} error about it`,
  },
  {
    name: `${version}.mtu`,
    type: 'number',
    label: 'MTU',
    description: `Largest packet that gets through, as the ${title} error has it`,
  },
];

/** Of either transport. */
const icmp: readonly FieldSpec[] = [
  {
    name: 'icmp.error',
    type: 'string',
    label: 'ICMP',
    detail: 1,
    description: 'ICMP or ICMPv6 error about one of its packets, in words: who says so, and what',
  },
  { name: 'icmp.from', type: 'string', label: 'from', description: 'Address of who sent that error' },
  ...icmpOf('icmp', 'ICMP'),
  ...icmpOf('icmpv6', 'ICMPv6'),
];

export const tcp: TransportDeclaration = {
  name: 'tcp',
  title: 'tcp',
  fields: [
    {
      name: 'tcp.phase',
      type: 'string',
      label: 'phase',
      role: 'operation',
      detail: 0,
      description: 'connect: the handshake failed; not there when it was done',
    },
    {
      name: 'tcp.result',
      type: 'string',
      label: 'result',
      role: 'result',
      detail: 0,
      description: 'Of a handshake that was slow: how many SYNs it took',
    },
    {
      name: 'tcp.flags.reset',
      type: 'boolean',
      label: 'reset',
      description: 'Whether a RST ended the connection',
    },
    {
      name: 'tcp.reset_by',
      type: 'string',
      label: 'reset by',
      description: 'Who sent the RST: client or server',
    },
    { name: 'tcp.syns', type: 'number', label: 'SYNs', description: 'How often the client sent its SYN' },
    {
      name: 'tcp.analysis.retransmission',
      type: 'number',
      label: 'sent again',
      description: 'Segments sent again by either side, SYNs too; not there when there were none',
    },
    ...icmp,
  ],
};

export const udp: TransportDeclaration = {
  name: 'udp',
  title: 'udp',
  fields: [
    {
      name: 'udp.datagrams',
      type: 'number',
      label: 'datagrams',
      description: 'Datagrams that the client sent',
    },
    ...icmp,
  ],
};

export const transports: readonly TransportDeclaration[] = [tcp, udp];
