import type { Metrics } from '@slipway/service';
import type { InFlight } from './in-flight.js';
import type { Target } from './request-target.js';

/** What the API counts. Labels are of kinds and verbs, never of names: a name per series would fill the memory. */
export class RequestMetrics {
  readonly #durations;

  constructor(private readonly metrics: Metrics) {
    this.#durations = metrics.duration(
      'api_request',
      'Requests answered; watches and followed logs from open to end.',
      ['verb', 'resource', 'code'],
    );
  }

  watchInFlight(inFlight: InFlight): void {
    this.metrics.gauge('api_requests_in_flight', 'Requests being answered.', [], () => inFlight.short);
    this.metrics.gauge('api_long_running', 'Open watches and followed logs.', [], () => inFlight.long);
  }

  answered(target: Target, code: number, durationMs: number): void {
    const verb = target.kind === 'resource' ? target.verb : 'get';
    const isKnown = target.kind === 'resource' && target.stored !== undefined;
    const resource = isKnown ? target.resource : target.kind === 'resource' ? 'other' : target.kind;
    this.#durations.observe({ verb, resource, code: String(code) }, durationMs / 1000);
  }
}
