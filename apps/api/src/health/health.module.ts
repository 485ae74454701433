import { Controller, Get, Module } from '@nestjs/common';
@Controller('v1/health')
class HealthController {
  @Get('live')
  live() {
    return { status: 'live' };
  }
}
@Module({ controllers: [HealthController] })
export class HealthModule {}
