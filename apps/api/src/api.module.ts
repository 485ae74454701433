import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { Metrics, Passwords, Tokens } from '#platform';
import { ReadModels } from './http/input.js';
import { StoredReadModels } from './http/read-models.js';
import { CLOCK, EVENT_LOG, FEED, LOG, READ_STORE, SECRETS, SETTINGS, type ApiParts } from './parts.js';

/** What every module of the API may ask for. */
@Global()
@Module({})
class PartsModule {
  static of(parts: ApiParts, metrics: Metrics): DynamicModule {
    const { settings, secrets, clock, log, eventLog, ledger, feed, readStore } = parts;
    const providers: Provider[] = [
      { provide: SETTINGS, useValue: settings },
      { provide: SECRETS, useValue: secrets },
      { provide: CLOCK, useValue: clock },
      { provide: LOG, useValue: log },
      { provide: EVENT_LOG, useValue: eventLog },
      { provide: Ledger, useValue: ledger },
      { provide: FEED, useValue: feed },
      { provide: READ_STORE, useValue: readStore },
      { provide: ReadModels, useValue: new StoredReadModels(readStore) },
      { provide: Tokens, useValue: new Tokens(secrets.jwtSecret, settings.accessTokenMinutes) },
      { provide: Passwords, useValue: new Passwords() },
      { provide: Metrics, useValue: metrics },
    ];
    return { module: PartsModule, providers, exports: providers.map((provider) => (provider as { provide: symbol }).provide) };
  }
}

/** The whole API: one module a resource. */
@Module({})
export class ApiModule {
  static of(parts: ApiParts, metrics: Metrics, resources: readonly Type[]): DynamicModule {
    return { module: ApiModule, imports: [CqrsModule.forRoot(), PartsModule.of(parts, metrics), ...resources] };
  }
}
