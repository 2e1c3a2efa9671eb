// Every metric of the services, as their source declares it.

import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

export interface DeclaredMetric {
  /** As Prometheus shows it: `slipway_bus_published_seconds`. */
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: string[];
}

const CALL =
  /\b(?:metrics|this)\s*\.(counter|gauge|duration|longDuration)\(\s*'([a-z_]+)',\s*(?:'([^']*)'|"([^"]*)")\s*(?:,\s*\[([^\]]*)\])?/g;

/** Declared twice, by two services, is one. In the order of their names. */
export function declaredMetrics(): DeclaredMetric[] {
  const found = new Map<string, DeclaredMetric>();
  for (const area of ['apps', 'packages']) {
    for (const folder of readdirSync(join(ROOT, area))) {
      const source = join(ROOT, area, folder, 'src');
      for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(isSource)) {
        for (const metric of metricsIn(readFileSync(join(source, file), 'utf8'))) {
          const known = found.get(metric.name);
          if (known !== undefined && JSON.stringify(known) !== JSON.stringify(metric))
            throw new Error(`${metric.name} is declared in two ways`);
          found.set(metric.name, metric);
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function metricsIn(text: string): DeclaredMetric[] {
  return [...text.matchAll(CALL)].map(([, call, name, single, double, labels = '']) => {
    const isHistogram = call === 'duration' || call === 'longDuration';
    return {
      name: `slipway_${name}${isHistogram ? '_seconds' : ''}`,
      kind: isHistogram ? 'histogram' : (call as 'counter' | 'gauge'),
      help: single ?? double ?? '',
      labels: [...labels.matchAll(/'([a-z_]+)'/g)].map(([, label]) => label!),
    };
  });
}

function isSource(file: string): boolean {
  return file.endsWith('.ts') && !/\.(spec|int-spec|e2e-spec|contract)\.ts$/.test(file);
}
