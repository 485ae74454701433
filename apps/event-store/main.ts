import { x } from '#embedded-event-store';
console.log('event store', x);
