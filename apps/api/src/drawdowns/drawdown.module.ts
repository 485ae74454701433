import { Module } from '@nestjs/common';
import { DrawdownQueueController } from './drawdown-queue.controller.js';
import { DrawdownController } from './drawdown.controller.js';
import { drawdownHandlers } from './drawdown.handlers.js';

@Module({ controllers: [DrawdownController, DrawdownQueueController], providers: drawdownHandlers })
export class DrawdownsModule {}
