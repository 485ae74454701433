import { Module } from '@nestjs/common';
import { CartController } from './cart.controller.js';
import { cartHandlers } from './cart.handlers.js';

/** What a user means to buy (003-41, 46, 72). */
@Module({ controllers: [CartController], providers: cartHandlers })
export class CartModule {}
