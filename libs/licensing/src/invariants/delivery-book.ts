import type { DeliveryFact } from '../pool/delivery.events.js';
import type { PoolBook, Report } from './books.js';

/** License files and services of one pool: what they say is in use is. */
export class DeliveryBook {
  private readonly services = new Map<string, { state: 'provisioning' | 'provisioned' | 'failed'; lotId: string; quantity: number }>();

  constructor(private readonly pool: PoolBook) {}

  take({ type, data }: DeliveryFact, report: Report): void {
    if (type === 'LicenseFileIssued') {
      const sum = data.lots.reduce((total, { quantity }) => total + quantity, 0);
      if (sum !== data.quantity) report(`license file ${data.fileId} says ${data.quantity} but its lots have ${sum}`);
      for (const part of data.lots) this.pool.shift(part, 'available', 'inSeats', report);
      return;
    }
    const { serviceId } = data;
    const service = this.services.get(serviceId);
    if (type === 'ServiceProvisioningRequested') {
      if (service !== undefined && service.state !== 'failed') report(`service ${serviceId} is ${service.state} and asked for again`);
      this.services.set(serviceId, { state: 'provisioning', lotId: data.lot.lotId, quantity: data.lot.quantity });
      this.pool.shift(data.lot, 'available', 'inSeats', report);
      return;
    }
    if (service?.state !== 'provisioning') report(`service ${serviceId} is ${service?.state ?? 'unknown'}, and ${type}`);
    if (type === 'ServiceProvisioningFailed') {
      for (const part of data.released) {
        if (part.lotId !== service?.lotId || part.quantity > service.quantity) report(`service ${serviceId} releases what it did not have`);
        this.pool.shift(part, 'inSeats', 'available', report);
      }
    }
    if (service) service.state = type === 'ServiceProvisioned' ? 'provisioned' : 'failed';
  }
}
