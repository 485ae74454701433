import type { Type } from '@nestjs/common';
import { AuditModule } from './audit/audit.module.js';
import { CartModule } from './cart/cart.module.js';
import { CustomerModule } from './customer/customer.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import { DrawdownsModule } from './drawdowns/drawdown.module.js';
import { FeedModule } from './feed/feed.module.js';
import { HealthModule } from './health/health.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { OrderModule } from './orders/order.module.js';
import { OverviewModule } from './overview/overview.module.js';
import { PartnerModule } from './partner/partner.module.js';
import { PoolModule } from './pool/pool.module.js';
import { ProductModule } from './product/product.module.js';
import { SandboxModule } from './sandbox/sandbox.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StoreModule } from './store/store.module.js';
import { SubscriptionModule } from './subscriptions/subscription.module.js';
import { UsersModule } from './users/users.module.js';

/** Every module with routes. */
export const resources: readonly Type[] = [
  SessionsModule,
  UsersModule,
  ProductModule,
  PartnerModule,
  CustomerModule,
  PoolModule,
  DeliveriesModule,
  DrawdownsModule,
  CartModule,
  OrderModule,
  OverviewModule,
  SubscriptionModule,
  StoreModule,
  NotificationsModule,
  FeedModule,
  AuditModule,
  SandboxModule,
  HealthModule,
];
