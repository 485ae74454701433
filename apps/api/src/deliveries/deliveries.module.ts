import { Module } from '@nestjs/common';
import { deliveryHandlers } from './deliveries.handlers.js';
import { LicenseFilesController } from './license-files.controller.js';
import { LicenseFiles } from './license-files.js';
import { ServicesController } from './services.controller.js';

@Module({ controllers: [LicenseFilesController, ServicesController], providers: [LicenseFiles, ...deliveryHandlers] })
export class DeliveriesModule {}
