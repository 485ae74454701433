import { Module } from '@nestjs/common';
import { SubscriptionController } from './subscription.controller.js';
import { subscriptionHandlers } from './subscription.handlers.js';

@Module({ controllers: [SubscriptionController], providers: subscriptionHandlers })
export class SubscriptionModule {}
