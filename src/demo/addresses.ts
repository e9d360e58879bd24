/** Addresses within the demo's own namespace, all on its loopback interface. */
export const addresses = { client: '10.88.0.10', api: '10.88.0.20', dns: '10.88.0.53' } as const;
export const apiPort = 8000;
export const apiName = 'api.demo.internal';
