import { Module } from '@nestjs/common';
import { CustomerController } from './customer.controller.js';
import { customerHandlers } from './customer.handlers.js';

@Module({ controllers: [CustomerController], providers: customerHandlers })
export class CustomerModule {}
