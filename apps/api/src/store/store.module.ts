import { Module } from '@nestjs/common';
import { StoreController } from './store.controller.js';
import { storeHandlers } from './store.handlers.js';

@Module({ controllers: [StoreController], providers: storeHandlers })
export class StoreModule {}
