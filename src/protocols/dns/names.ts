/** Code points by name, https://www.iana.org/assignments/dns-parameters; unknown ones as RFC 3597 has them. */
const types: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  17: 'RP',
  18: 'AFSDB',
  24: 'SIG',
  25: 'KEY',
  28: 'AAAA',
  29: 'LOC',
  33: 'SRV',
  35: 'NAPTR',
  36: 'KX',
  37: 'CERT',
  39: 'DNAME',
  41: 'OPT',
  42: 'APL',
  43: 'DS',
  44: 'SSHFP',
  45: 'IPSECKEY',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  49: 'DHCID',
  50: 'NSEC3',
  51: 'NSEC3PARAM',
  52: 'TLSA',
  53: 'SMIMEA',
  55: 'HIP',
  59: 'CDS',
  60: 'CDNSKEY',
  61: 'OPENPGPKEY',
  62: 'CSYNC',
  63: 'ZONEMD',
  64: 'SVCB',
  65: 'HTTPS',
  99: 'SPF',
  108: 'EUI48',
  109: 'EUI64',
  249: 'TKEY',
  250: 'TSIG',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
  256: 'URI',
  257: 'CAA',
};

export const typeName = (type: number): string => types[type] ?? `TYPE${type}`;
export const typeCodes = codesOf(types);

const classes: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' };
export const className = (value: number): string => classes[value] ?? `CLASS${value}`;

const rcodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'DSOTYPENI',
];
/** 16 is BADSIG in a TSIG record only. */
const extendedRcodes: Readonly<Record<number, string>> = { 16: 'BADVERS', 23: 'BADCOOKIE' };
export const rcodeName = (code: number): string => rcodes[code] ?? extendedRcodes[code] ?? `RCODE${code}`;
export const rcodeCodes = codesOf({ ...rcodes, ...extendedRcodes });

const opcodes: Readonly<Record<number, string>> = {
  0: 'QUERY',
  1: 'IQUERY',
  2: 'STATUS',
  4: 'NOTIFY',
  5: 'UPDATE',
  6: 'DSO',
};
export const opcodeName = (code: number): string => opcodes[code] ?? `OPCODE${code}`;
export const opcodeCodes = codesOf(opcodes);

/** The other way round, for who knows the number. */
function codesOf(names: Readonly<Record<number, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(names).map(([code, name]) => [name, Number(code)]));
}

/** RFC 8914 section 4 and the registry, by code. */
const extendedErrors = [
  'Other Error',
  'Unsupported DNSKEY Algorithm',
  'Unsupported DS Digest Type',
  'Stale Answer',
  'Forged Answer',
  'DNSSEC Indeterminate',
  'DNSSEC Bogus',
  'Signature Expired',
  'Signature Not Yet Valid',
  'DNSKEY Missing',
  'RRSIGs Missing',
  'No Zone Key Bit Set',
  'NSEC Missing',
  'Cached Error',
  'Not Ready',
  'Blocked',
  'Censored',
  'Filtered',
  'Prohibited',
  'Stale NXDOMAIN Answer',
  'Not Authoritative',
  'Not Supported',
  'No Reachable Authority',
  'Network Error',
  'Invalid Data',
];
export const extendedErrorName = (code: number): string => extendedErrors[code] ?? 'Unassigned';
