import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { pricesInForce, Rejected } from '#licensing';
import type { Clock } from '#platform';
import { findProduct, listProducts, type ListedProduct } from '#projections';
import type { ReadStore } from '#read-store';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { CLOCK, READ_STORE } from '../parts.js';
import { OfferedProductAnswer, ProductAnswer, ProductListAnswer, ProductListedAnswer, ProductWithdrawnAnswer } from './product.answers.js';
import { ListProduct, WithdrawProduct } from './product.commands.js';
import { FindProduct, ListProducts } from './product.questions.js';

@Section('Catalog')
@Controller('v1/products')
export class ProductController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Writes('PUT', ':sku', {
    may: 'changeCatalogue',
    summary: 'Offer a product, or change how it is offered',
    description: 'Lots already bought keep the policy they were bought under. A withdrawn product returns.',
    answer: ProductListedAnswer,
    example: {
      name: 'i-PRO Remo. Service エッジストレージ録画1年',
      category: 'エッジストレージ録画',
      prices: [{ currency: 'JPY', amount: '12000', validFrom: '2026-04-01T00:00:00.000Z' }],
      policy: { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' },
    },
  })
  async list(@Input() command: ListProduct) {
    return written(await this.commands.execute(command), offered(command));
  }

  @Reads('', { may: 'readCatalogue', summary: 'Find products', models: ['catalogue'], answer: ProductListAnswer })
  async find(@Input() question: ListProducts): Promise<ProductListAnswer> {
    const { items, ...page } = await listProducts(this.store, question);
    return { items: items.map((product) => this.priced(product)), ...page } as ProductListAnswer;
  }

  @Reads(':sku', {
    may: 'readCatalogue',
    summary: 'One product, withdrawn ones included',
    models: ['catalogue'],
    answer: OfferedProductAnswer,
  })
  async findOne(@Input() { sku }: FindProduct) {
    return this.priced((await findProduct(this.store, sku)) ?? notFound(sku));
  }

  @Writes('DELETE', ':sku', {
    may: 'changeCatalogue',
    summary: 'Withdraw a product',
    description: 'It cannot be bought any more; all that is held goes on.',
    answer: ProductWithdrawnAnswer,
  })
  async withdraw(@Input() command: WithdrawProduct) {
    return written(await this.commands.execute(command), { sku: command.sku, withdrawn: true });
  }

  private priced(product: ListedProduct) {
    return { ...product, pricesInForce: pricesInForce(product, this.clock.nowText()) };
  }
}

function offered({ sku, name, category, link, prices, policy }: ListProduct): ProductAnswer {
  return { sku, name, category, link, prices, policy, withdrawn: false };
}

function notFound(sku: string): never {
  throw new Rejected('PRODUCT_NOT_FOUND', `There is no product ${sku}.`, { sku });
}
