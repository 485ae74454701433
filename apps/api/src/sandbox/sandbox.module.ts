import { Module } from '@nestjs/common';
import { SandboxController } from './sandbox.controller.js';
import { SandboxDeadlines } from './sandbox-deadlines.js';
import { MoveClockHandler } from './sandbox.handlers.js';

/** Moving the time (contract, "Sandbox clock"). Outside the sandbox its routes answer 404. */
@Module({ controllers: [SandboxController], providers: [SandboxDeadlines, MoveClockHandler] })
export class SandboxModule {}
