import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  LOGS_RPC,
  type LogPositionReply,
  type LogPositionRequest,
  type ReadLogReply,
  type ReadLogRequest,
  type RemoveLogsRequest,
} from '@slipway/contracts';
import { LogReader } from './io/log-reader.js';
import type { LogStore } from './io/log-store.js';
import { STORE } from './tokens.js';

@Controller()
export class LogsController {
  constructor(
    @Inject(LogReader) private readonly reader: LogReader,
    @Inject(STORE) private readonly store: LogStore,
  ) {}

  @MessagePattern(LOGS_RPC.read)
  read(@Payload() request: ReadLogRequest): Promise<ReadLogReply> {
    return this.reader.read(request);
  }

  @MessagePattern(LOGS_RPC.position)
  position(@Payload() request: LogPositionRequest): Promise<LogPositionReply> {
    return this.reader.position(request);
  }

  @MessagePattern(LOGS_RPC.remove)
  async remove(@Payload() request: RemoveLogsRequest): Promise<Record<string, never>> {
    await this.store.remove(request);
    return {};
  }
}
