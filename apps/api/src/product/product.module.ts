import { Module } from '@nestjs/common';
import { ProductController } from './product.controller.js';
import { productHandlers } from './product.handlers.js';

@Module({ controllers: [ProductController], providers: productHandlers })
export class ProductModule {}
