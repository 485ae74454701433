import type { Projection } from '#read-store';
import { catalogue } from './catalogue/catalogue.projection.js';
import { customerList } from './customer-list/customer-list.projection.js';
import { deadlineList } from './deadline-list/deadline-list.projection.js';
import { drawdownList } from './drawdown-list/drawdown-list.projection.js';
import { historySearch } from './history-search/history-search.projection.js';
import { licenseFileList } from './license-file-list/license-file-list.projection.js';
import { notificationLog } from './notification-log/notification-log.projection.js';
import { orderList } from './order-list/order-list.projection.js';
import { poolBalance } from './pool-balance/pool-balance.projection.js';
import { serviceList } from './service-list/service-list.projection.js';
import { subscriptionList } from './subscription-list/subscription-list.projection.js';
import { userList } from './user-list/user-list.projection.js';

/** The read models that run. */
export const projections: readonly Projection<any>[] = [
  catalogue,
  poolBalance,
  historySearch,
  customerList,
  userList,
  deadlineList,
  serviceList,
  licenseFileList,
  notificationLog,
  subscriptionList,
  drawdownList,
  orderList,
];

export { catalogue, customerList, deadlineList, drawdownList, historySearch, poolBalance, userList };
export * from './catalogue/catalogue.query.js';
export * from './customer-list/customer-list.query.js';
export { deadlineKinds } from './deadline-list/deadline-list.projection.js';
export type { Deadline } from './deadline-list/deadline.js';
export * from './deadline-list/deadline-list.query.js';
export * from './drawdown-list/drawdown-list.query.js';
export * from './history-search/history-search.query.js';
export * from './license-file-list/license-file-list.query.js';
export { notificationStates, type ListedNotification } from './notification-log/notification-log.projection.js';
export * from './notification-log/notification-log.query.js';
export { type ListedLicenseFile } from './license-file-list/license-file-list.projection.js';
export { quantityOf, serviceStates, type ListedService } from './service-list/service-list.projection.js';
export * from './service-list/service-list.query.js';
export * from './order-list/order-list.query.js';
export { orderAfter, type ListedOrder } from './order-list/order.js';
export * from './pool-balance/pool-balance.query.js';
export { subscriptionStates } from './subscription-list/subscription-document.js';
export * from './subscription-list/subscription-list.query.js';
export * from './user-list/user-list.query.js';
export { cursorOf, placeOf, type Asked, type Page } from './pages.js';
