// The Helm chart and the kustomizations are one: what either applies is the same.

import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { chartFiles, kustomized, type KubernetesObject } from '../scripts/chart.mjs';

const root = resolve(import.meta.dirname, '..');
const chart = join(root, 'deploy/helm/slipway');
const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Values;

interface Values {
  images: Record<string, string>;
  settings: Record<string, string>;
  database: { secret: string };
  besideTekton: boolean;
  [service: string]: unknown;
}

/** What Helm makes of the four forms that the templates use (scripts/chart.mjs); refuses any other. */
function rendered(text: string, given: Values, namespace: string): string {
  const kept: boolean[] = [];
  const lines = text.split('\n').filter((line) => {
    const condition = /^\{\{- if \.Values\.([\w.]+) \}\}$/.exec(line);
    if (condition !== null) kept.push(isTrue(valueAt(given, condition[1]!)));
    else if (line === '{{- else }}') kept.push(!kept.pop());
    else if (line === '{{- end }}') kept.pop();
    else return kept.every(Boolean);
    return false;
  });
  return lines.join('\n').replace(/\{\{ (.*?) \}\}/g, (whole, expression: string) => {
    if (expression === '.Release.Namespace') return namespace;
    const [, asJson, path] = /^(toJson )?\.Values\.([\w.]+)$/.exec(expression) ?? [];
    if (path === undefined) throw new Error(`a form that this test does not know: ${whole}`);
    const value = valueAt(given, path);
    if (value === undefined) throw new Error(`no value for ${whole}`);
    if (asJson === undefined && typeof value !== 'number') throw new Error(`${whole} should be JSON`);
    return JSON.stringify(value);
  });
}

/** As templates see it: what is empty is false. */
function isTrue(value: unknown): boolean {
  return value !== undefined && value !== '' && value !== 0 && value !== false;
}

function valueAt(given: Values, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], given);
}

function installed(given: Values = values, namespace = 'slipway'): KubernetesObject[] {
  const files = readdirSync(join(chart, 'templates')).map((file) =>
    readFileSync(join(chart, 'templates', file), 'utf8'),
  );
  return files.flatMap((file) =>
    parseAllDocuments(rendered(file, given, namespace)).flatMap((document) => {
      const object = document.toJS() as KubernetesObject | null;
      return object === null ? [] : [object];
    }),
  );
}

function byName(objects: KubernetesObject[]): Record<string, KubernetesObject> {
  const without = objects.filter(({ kind }) => kind !== 'Namespace').map(withSortedVariables); // the Namespace Helm makes
  return Object.fromEntries(without.map((one) => [`${one.kind} ${one.metadata.namespace}/${one.metadata.name}`, one]));
}

/** A kustomization puts those that it changes first; their order says nothing, as none refers to another. */
function withSortedVariables(object: KubernetesObject): KubernetesObject {
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => {
    if (key !== 'env' || !Array.isArray(value)) return value;
    return (value as { name: string }[]).toSorted((a, b) => a.name.localeCompare(b.name));
  }) as KubernetesObject;
}

describe('the Helm chart', () => {
  test('is what "npm run chart" makes of the kustomizations today', () => {
    for (const [path, text] of Object.entries(chartFiles(root))) {
      expect([path, readFileSync(join(chart, path), 'utf8')]).toEqual([path, text]);
    }
  });

  test('installs with its default values what kubectl apply -k deploy/kubernetes does', () => {
    expect(byName(installed())).toEqual(byName(kustomized(join(root, 'deploy/kubernetes'))));
  });

  test('installs what overlays/own-database does, once a Secret of a database is named', () => {
    const own = installed({ ...values, database: { secret: 'slipway-database' } });
    expect(byName(own)).toEqual(byName(kustomized(join(root, 'deploy/kubernetes/overlays/own-database'))));
  });

  test('installs what overlays/beside-tekton does, once it is to be beside Tekton', () => {
    const beside = installed({ ...values, besideTekton: true });
    expect(byName(beside)).toEqual(byName(kustomized(join(root, 'deploy/kubernetes/overlays/beside-tekton'))));
  });

  test('takes images, numbers of replicas and settings from its values, and the namespace from Helm', () => {
    const given: Values = {
      ...values,
      images: { ...values.images, slipway: 'mirror.example/slipway:9' },
      settings: { ...values.settings, LOG_LEVEL: 'debug' },
      scheduler: { replicas: 5, resources: {} },
    };
    const objects = byName(installed(given, 'builds'));
    expect(objects['Deployment builds/slipway-scheduler']).toMatchObject({
      spec: {
        replicas: 5,
        template: { spec: { containers: [{ image: 'mirror.example/slipway:9', resources: {} }] } },
      },
    });
    expect(objects['ConfigMap builds/slipway-settings']).toMatchObject({ data: { LOG_LEVEL: 'debug' } });
    expect(JSON.stringify(Object.values(objects))).not.toContain('"namespace":"slipway"');
  });
});
