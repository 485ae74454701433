import { freemem, loadavg, totalmem } from 'node:os';
import type { EventLog } from '../event-log.js';
import type { SubscriptionGroups } from '../groups/groups.js';
import type { GrpcServer, Handler } from './grpc-server.js';
import { ProtobufReader, encodeMessage } from './protobuf.js';

const PERIOD_MS_MAX = 2 ** 31 - 1;

/** What the store can say about itself now: the process, the machine, and what it holds open. */
export type Statistics = Record<string, string | number>;

export function statisticsOf(server: GrpcServer, log: EventLog, groups: SubscriptionGroups): () => Statistics {
  return () => {
    const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg();
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const held = server.held();
    const consumers = groups.all().reduce((sum, group) => sum + group.consumers.length, 0);
    return {
      'proc-id': process.pid,
      'proc-startTime': new Date(Date.now() - process.uptime() * 1000).toISOString(),
      'proc-mem': rss,
      'proc-heap': heapUsed,
      'proc-cpuSeconds': (user + system) / 1e6,
      'sys-totalMem': totalmem(),
      'sys-freeMem': freemem(),
      'sys-loadavg-1m': oneMinute,
      'sys-loadavg-5m': fiveMinutes,
      'sys-loadavg-15m': fifteenMinutes,
      'es-writer-checkpoint': log.log.durableEnd,
      'es-writer-waitingBytes': log.log.waitingBytes,
      'es-connections': held.connections,
      'es-calls-begun': held.callsBegun,
      'es-calls-open': held.calls,
      'es-calls-unsentBytes': held.unsentBytes,
      'es-followers': log.followerCount,
      'es-persistentSubscriptions': groups.all().length,
      'es-persistentSubscriptions-consumers': consumers,
    };
  };
}

/** Monitoring.Stats: all figures at once, then again after each period, until the caller has enough. */
export function monitoringHandler(statistics: () => Statistics): Handler {
  return (call) => {
    let periodMs = 0;
    call.onMessage = (message) => {
      const request = new ProtobufReader(message);
      while (request.next()) {
        if (request.field === 4) periodMs = request.varint();
        else request.skip();
      }
    };
    call.onEnd = () => {
      const tell = (): void => {
        // A caller that does not take what it was sent is not sent more.
        if (call.unsentBytes > 0) return;
        call.send(
          encodeMessage((writer) => {
            for (const [key, value] of Object.entries(statistics())) {
              writer.messageField(1, (entry) => {
                entry.textField(1, key);
                entry.textField(2, String(value));
              });
            }
          }),
        );
      };
      tell();
      const timer = setInterval(tell, Math.min(Math.max(periodMs, 100), PERIOD_MS_MAX));
      call.whenClosed(() => clearInterval(timer));
    };
  };
}
