import { Module } from '@nestjs/common';
import { FeedModule } from '../feed/feed.module.js';
import { FulfilmentController } from './fulfilment.controller.js';
import { OrderController } from './order.controller.js';
import { orderHandlers } from './order.handlers.js';

/** Buying in the marketplace (003-53…57): orders, their payment and their delivery. */
@Module({ imports: [FeedModule], controllers: [OrderController, FulfilmentController], providers: orderHandlers })
export class OrderModule {}
