import type { DeliveryFact } from './delivery.events.js';
import { move } from './lots.js';
import type { LotPart } from './pool.events.js';
import type { PoolState } from './pool.js';

/** A cloud service that somebody asked for; before that, a lot of a cloud product is a service that is ready. */
export interface Service {
  readonly serviceId: string;
  readonly lot: LotPart;
  state: 'provisioning' | 'provisioned' | 'failed';
}

export function foldDelivery(state: PoolState, { type, data }: DeliveryFact): void {
  if (type === 'LicenseFileIssued') {
    for (const part of data.lots) move(state, part, 'available', 'inSeats');
    return;
  }
  if (type === 'ServiceProvisioningRequested') {
    state.services.set(data.serviceId, { serviceId: data.serviceId, lot: data.lot, state: 'provisioning' });
    move(state, data.lot, 'available', 'inSeats');
    return;
  }
  const service = state.services.get(data.serviceId);
  if (service) service.state = type === 'ServiceProvisioned' ? 'provisioned' : 'failed';
  if (type === 'ServiceProvisioningFailed') for (const part of data.released) move(state, part, 'inSeats', 'available');
}
