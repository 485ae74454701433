import { Module } from '@nestjs/common';
import { PartnerController } from './partner.controller.js';
import { partnerHandlers } from './partner.handlers.js';

@Module({ controllers: [PartnerController], providers: partnerHandlers })
export class PartnerModule {}
