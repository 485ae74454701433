import { v5 as uuidv5 } from 'uuid';

/** Never changes: ids made with it must stay the same for ever. */
const serviceNamespace = '6d0f6c1e-5a1b-5d3e-9c47-2b8e0a7f4d15';
const splitOff = /^service\.([0-9a-f-]{36})\./;

/** The id (GUID, 004-09) of the service that a lot of a cloud product is. First use splits a lot, and what it splits off is the same service. */
export function serviceIdOf(accountId: string, lotId: string): string {
  return splitOff.exec(lotId)?.[1] ?? uuidv5(`${accountId}\n${lotId}`, serviceNamespace);
}

/** What the lot is called that first use splits off for a service. */
export function serviceLotId(serviceId: string, commandId: string): string {
  return `service.${serviceId}.${commandId}`;
}
