import { Module } from '@nestjs/common';
import { PoolController } from './pool.controller.js';
import { poolHandlers } from './pool.handlers.js';

@Module({ controllers: [PoolController], providers: poolHandlers })
export class PoolModule {}
