/**
 * A block or packet beyond this is damage, not data: Wireshark's limit for pcapng blocks too, and 64
 * times the largest snap length in use. It bounds the buffer that joins what straddles chunks.
 */
export const maxUnitBytes = 16 * 1024 * 1024;

/** MAXIMUM_SNAPLEN of libpcap: what a classic file may hold whatever snap length its header names. */
export const usualSnaplen = 262_144;

/**
 * Interfaces in all sections of one file: thousands of joined files pass, while a file made of
 * interface blocks alone cannot fill the memory (about 200 bytes each).
 */
export const maxInterfaces = 65_536;

/** Names taken from name resolution blocks of one file: some 10 MB of strings at most. */
export const maxNames = 65_536;

/** A name is a host name (RFC 1035: 255 bytes); anything longer is cut here. */
export const maxNameBytes = 255;

/** First room for straddling units: the usual largest frame with GRO, so that growing is rare. */
export const firstCarryBytes = 65_536 + 64;

/** 9999-12-31T23:59:59Z: times beyond are damage that date formatting could not print. */
export const maxSec = 253_402_300_799;
