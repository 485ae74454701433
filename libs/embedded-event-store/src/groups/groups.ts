import type { EventLog } from '../event-log.js';
import { Group } from './group.js';
import { latestNote } from '../own-notes.js';
import { appendTo, systemEvent } from './parked.js';
import { checkpointStreamOf, fromConfiguration, keyOf, parkedStreamOf, toConfiguration, type GroupSettings } from './settings.js';
import { endOf } from './source.js';

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

  /**
   * Adds a group, or puts other settings in the place of a group's: its consumers are dropped, its checkpoint stays. When this rejects, all is as it was.
   */
  async put(settings: GroupSettings): Promise<void> {
    const key = keyOf(settings.stream, settings.name);
    const before = this.groups.get(key);
    const placed =
      settings.startFrom === 'end' ? { ...settings, endWasAt: before?.settings.endWasAt ?? endOf(this.log, settings.stream) } : settings;
    await this.write(new Map(this.settings()).set(key, placed));
    if (before === undefined) this.groups.set(key, await Group.start(this.log, placed));
    else {
      // In one turn: who connects meets the one or the other, never one that has stopped.
      before.stop();
      this.groups.set(key, new Group(this.log, placed, before.lastCheckpoint));
    }
  }

  /** When this rejects before the group is gone, all is as it was. */
  async remove({ settings }: Group): Promise<void> {
    const key = keyOf(settings.stream, settings.name);
    await this.write(new Map(this.settings().filter(([other]) => other !== key)));
    this.groups.get(key)?.stop();
    this.groups.delete(key);
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

  private settings(): [string, GroupSettings][] {
    return [...this.groups].map(([key, { settings }]) => [key, settings]);
  }

  private async load(): Promise<void> {
    const latest = await latestNote(this.log, CONFIGURATION_STREAM, (json) => {
      const { entries, version } = json as { entries: Record<string, unknown>[]; version: string };
      return { settings: entries.map(fromConfiguration), version: Number(version) || 0 };
    });
    if (latest === undefined) return;
    this.version = latest.version;
    for (const settings of latest.settings) this.groups.set(keyOf(settings.stream, settings.name), await Group.start(this.log, settings));
  }

  private async write(settings: Map<string, GroupSettings>): Promise<void> {
    this.version += 1;
    const entries = [...settings.values()].map(toConfiguration);
    const configuration = { version: String(this.version), updated: new Date().toISOString(), updatedBy: 'system', entries };
    await appendTo(this.log, CONFIGURATION_STREAM, systemEvent('$PersistentConfig', JSON.stringify(configuration), true));
  }
}
