import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCE_KINDS } from '@slipway/contracts';
import { parse } from 'yaml';
import { SERVICES } from '../src/platform/layout.js';
import { ROOT } from './slipway.js';

const text = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

/** Names of the variables that a service's `config.ts` reads; numbered ones by their first. */
/** What a service's `config.ts` names, and what the methods of `EnvReader` that it calls read without being told a name. */
function variablesOf(service: string): string[] {
  const config = text('apps', service, 'src/config.ts');
  const names = [...config.matchAll(/read\w*\.\w+\(\s*[`']([A-Z][A-Z_]+)/g)].map((match) => match[1]!);
  for (const [, method, body] of text('packages/service/src/env-reader.ts').matchAll(
    /^ {2}(\w+)\(\).*?\{\n(.*?)^ {2}\}/gms,
  )) {
    if (!config.includes(`.${method}()`)) continue;
    names.push(...[...body!.matchAll(/this\.\w+\('([A-Z][A-Z_]+)/g)].map((match) => match[1]!));
  }
  return [...new Set(names)];
}

test.each(SERVICES)('docs/operating.md names every variable that %s reads', (service) => {
  const documented = text('docs/operating.md');
  expect(variablesOf(service).length).toBeGreaterThan(3);
  expect(variablesOf(service).filter((name) => !documented.includes(`\`${name}`))).toEqual([]);
});

test('docs/api.md names every kind that is served', () => {
  const documented = text('docs/api.md');
  expect(
    RESOURCE_KINDS.map(({ kind }) => kind).filter((kind) => !new RegExp(`\\b${kind}\\b`).test(documented)),
  ).toEqual([]);
});

// prettier-ignore
const differences: [of: string, file: string][] = [
  ['what is refused', 'apps/registry/src/core/admission/rules/deliberate-differences.ts'],
  ['pods', 'apps/executor/src/core/oracle.spec.ts'],
  ['what is stored', 'conformance/oracle-differences.ts'],
];

test.each(differences)('docs/compatibility.md quotes every deliberate difference in %s', (_of, file) => {
  const documented = text('docs/compatibility.md').replaceAll(/\s+/g, ' ');
  const written = [...text(file).matchAll(/^ +(?:what|why):\s*'([^'\n]+)',$/gm)].map((match) => match[1]!);
  expect(written.length).toBeGreaterThan(5);
  expect(written.length).toBe([...text(file).matchAll(/^ +(?:what|why):(?! string;)/gm)].length);
  expect(written.filter((sentence) => !documented.includes(sentence))).toEqual([]);
});

test('docs/adr/README.md names every decision', () => {
  const list = text('docs/adr/README.md');
  const pages = readdirSync(join(ROOT, 'docs/adr')).filter((name) => /^\d/.test(name));
  expect(pages.filter((page) => !list.includes(`](${page})`))).toEqual([]);
});

test('links of the documents lead somewhere', () => {
  const broken: string[] = [];
  const pages = ['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  );
  expect(pages).toContain('docs/control-flow.md');
  for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...pages]) {
    for (const [, target] of text(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      try {
        readdirSync(join(ROOT, file, '..', target!));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') broken.push(`${file}: ${target}`);
      }
    }
  }
  expect(broken).toEqual([]);
});

test('docs/security.md names tests that there are', () => {
  const rows = [...text('docs/security.md').matchAll(/^\| .* \| `([^`]+\.ts)` +\| (.*?) +\|$/gm)];
  expect(rows.length).toBeGreaterThan(60);
  const missing = rows.flatMap(([, file, titles]) => {
    const code = text(file!);
    return titles!.split(' · ').flatMap((title) => (code.includes(title) ? [] : [`${file}: ${title}`]));
  });
  expect(missing).toEqual([]);
});

test('docs/operating.md makes a password that nats-server takes from a variable, whatever its digits are', () => {
  const made = /^NATS_PASSWORD=(\S*)\$\(openssl rand -hex 16\) docker compose up/m.exec(text('docs/operating.md'))?.[1];
  const takes = (password: string): boolean => {
    const config = join(ROOT, 'deploy/nats.conf');
    return (
      spawnSync('nats-server', ['-t', '-c', config], { env: { ...process.env, NATS_PASSWORD: password } }).status === 0
    );
  };
  expect(takes('3e5')).toBe(false); // a number with a sign of its own
  expect(takes(`${made}3e5`)).toBe(true);
});

test('docker-compose.yml starts NATS and every service, each a program of the one image', () => {
  const compose = parse(text('docker-compose.yml'), { merge: true }) as {
    services: Record<
      string,
      { command: string[]; environment?: Record<string, string>; healthcheck?: object; image?: string }
    >;
  };
  expect(Object.keys(compose.services)).toEqual(['nats', 'prepare', ...SERVICES]);
  for (const service of SERVICES) {
    const { command, environment, healthcheck } = compose.services[service]!;
    expect(command).toEqual(['node', `apps/${service}/dist/main.js`]);
    expect(readdirSync(join(ROOT, 'apps', service))).toContain('package.json');
    expect(healthcheck).toBeDefined();
    expect(environment?.['NATS_URL']).toContain('@nats:4222');
    const known = new Set(variablesOf(service));
    expect(Object.keys(environment ?? {}).filter((name) => !known.has(name))).toEqual([]);
  }
});
