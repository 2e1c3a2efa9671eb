import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  LOGS_RPC,
  type LogPositionReply,
  type LogPositionRequest,
  type ReadLogReply,
  type ReadLogRequest,
} from '@slipway/contracts';
import { LogReader } from './io/log-reader.js';

@Controller()
export class LogsController {
  constructor(@Inject(LogReader) private readonly reader: LogReader) {}

  @MessagePattern(LOGS_RPC.read)
  read(@Payload() request: ReadLogRequest): Promise<ReadLogReply> {
    return this.reader.read(request);
  }

  @MessagePattern(LOGS_RPC.position)
  position(@Payload() request: LogPositionRequest): Promise<LogPositionReply> {
    return this.reader.position(request);
  }
}
