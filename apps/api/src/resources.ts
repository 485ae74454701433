import type { Type } from '@nestjs/common';
import { HealthModule } from './health/health.module.js';

/** Every module with routes. */
export const resources: readonly Type[] = [HealthModule];
