/**
 * Where agents listen that share a pod's loopback with its applications and with each other: each on another of these.
 * None of them captures what is said to any of them: they would tell of their telling.
 */
export const podPorts = { first: 7414, last: 7445 } as const;

/** Filter: everything but that. */
export const withoutPodPorts = `not (host 127.0.0.1 and tcp portrange ${podPorts.first}-${podPorts.last})`;
