import type { EventLog } from '../event-log.js';
import { Group } from './group.js';
import { appendTo, systemEvent } from './parked.js';
import { checkpointStreamOf, fromConfiguration, keyOf, parkedStreamOf, toConfiguration, type GroupSettings } from './settings.js';

const CONFIGURATION_STREAM = '$persistentSubscriptionConfig';

/** All persistent subscriptions. What they are is in a stream, as a whole after every change; so is how far each has come. */
export class SubscriptionGroups {
  private readonly groups = new Map<string, Group>();
  private version = 0;
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(private readonly log: EventLog) {}

  static async start(log: EventLog): Promise<SubscriptionGroups> {
    const groups = new SubscriptionGroups(log);
    await groups.load();
    return groups;
  }

  find(stream: string | undefined, name: string): Group | undefined {
    return this.groups.get(keyOf(stream, name));
  }

  all(): Group[] {
    return [...this.groups.values()];
  }

  /** Groups on one stream, or on $all. */
  of(stream: string | undefined): Group[] {
    return this.all().filter(({ settings }) => settings.stream === stream);
  }

  /** Runs one change after the other: each sees what the one before it left. */
  change<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.changing.then(action);
    this.changing = result.catch(() => undefined);
    return result;
  }

  /** Adds a group, or puts other settings in the place of a group's: its consumers are dropped, its checkpoint stays. */
  async put(settings: GroupSettings): Promise<void> {
    const key = keyOf(settings.stream, settings.name);
    this.groups.get(key)?.stop();
    this.groups.set(key, await Group.start(this.log, settings));
    await this.write();
  }

  async remove(group: Group): Promise<void> {
    const { settings } = group;
    group.stop();
    this.groups.delete(keyOf(settings.stream, settings.name));
    await this.write();
    for (const stream of [checkpointStreamOf(settings), parkedStreamOf(settings)]) {
      // A stream that was never written cannot be deleted, and need not be.
      if ((this.log.find(stream)?.last ?? -1) >= 0) await new Promise((resolve) => this.log.delete(stream, 'any', resolve));
    }
  }

  /** Starts all groups anew from what is stored. */
  async restart(): Promise<void> {
    this.stop();
    await this.load();
  }

  stop(): void {
    for (const group of this.groups.values()) group.stop();
    this.groups.clear();
  }

  private async load(): Promise<void> {
    const stream = this.log.find(CONFIGURATION_STREAM);
    if (stream === undefined || stream.last < 0) return;
    const latest = await this.log.event(stream, stream.last);
    const { entries, version } = JSON.parse(latest.data.toString('utf8')) as { entries: Record<string, unknown>[]; version: string };
    this.version = Number(version);
    for (const entry of entries) {
      const settings = fromConfiguration(entry);
      this.groups.set(keyOf(settings.stream, settings.name), await Group.start(this.log, settings));
    }
  }

  private async write(): Promise<void> {
    this.version += 1;
    const entries = this.all().map(({ settings }) => toConfiguration(settings));
    const configuration = { version: String(this.version), updated: new Date().toISOString(), updatedBy: 'system', entries };
    await appendTo(this.log, CONFIGURATION_STREAM, systemEvent('$PersistentConfig', JSON.stringify(configuration), true));
  }
}
