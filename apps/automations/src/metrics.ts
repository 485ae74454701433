import { Counter, Gauge } from 'prom-client';

/** What the automations tell Prometheus, on HEALTH_PORT. */
export const metrics = {
  credited: new Counter({ name: 'transfers_credited_total', help: 'Assignments whose receiver was credited by this process' }),
  inTransit: new Gauge({ name: 'transfers_in_transit', help: 'Assignments this process has read and not yet credited' }),
  lagSeconds: new Gauge({ name: 'transfers_lag_seconds', help: 'How long after it was given the latest credited assignment arrived' }),
  mailsSent: new Counter({ name: 'mails_sent_total', help: 'Mails this process handed over' }),
  mailsFailed: new Counter({ name: 'mails_failed_total', help: 'Mails this process gave up' }),
  mailsWaiting: new Gauge({ name: 'mails_waiting', help: 'Mails this process knows of that are neither sent nor given up' }),
  deadlines: new Counter({
    name: 'deadlines_facts_total',
    help: 'Facts that time brought, recorded by this process: ends, renewals, lapsed holds',
  }),
  provisioned: new Counter({ name: 'orders_provisioned_total', help: 'Orders whose licenses this process brought into their pool' }),
};
