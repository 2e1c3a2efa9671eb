/** The shape of the code, as rules. `npm run check:deps` fails the build on the first arrow that points the wrong way. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-cycle', 'A cycle means two files are one file.', {}, { circular: true }),
    rule(
      'app-not-app',
      'Services meet on the bus or over HTTP, never by import. Only `slipway up` and `run` start them.',
      { path: '^apps/([^/]+)/', pathNot: '^apps/cli/src/platform/' },
      { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    ),
    rule(
      'platform-starts-services',
      'What runs services in one process knows how to start them and to back their data up, and nothing else of them.',
      { path: '^apps/cli/src/platform/' },
      { path: '^apps/[^/]+/', pathNot: '^apps/(cli/|[^/]+/src/(start|config|backup)\\.ts$)' },
    ),
    rule('package-not-app', 'Packages do not know who uses them.', { path: '^packages/' }, { path: '^apps/' }),
    rule(
      'contracts-is-bottom',
      'Types and pure rules; imports nothing.',
      { path: '^packages/contracts/src', pathNot: '\\.spec\\.ts$' },
      { pathNot: '^packages/contracts/src' },
    ),
    rule(
      'core-is-pure',
      'core/ decides; it may import core/ and contracts, and nothing else.',
      { path: '^apps/[^/]+/src/core/', pathNot: '\\.spec\\.ts$' },
      { pathNot: '^(apps/[^/]+/src/core/|packages/contracts/src/|node_modules/@kubernetes/)' },
    ),
    rule(
      'kubernetes-in-core-as-types',
      'core/ may name the shape of a pod; it may not talk to a cluster.',
      { path: '^apps/[^/]+/src/core/' },
      { path: 'node_modules/@kubernetes/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'nats-only-in-bus',
      'One package speaks JetStream.',
      { pathNot: '^packages/(bus|testing)/' },
      { path: 'node_modules/@nats-io/' },
    ),
    rule(
      'kubernetes-only-in-executor',
      'One service touches pods.',
      { pathNot: '^apps/executor/src/(io|core)/' },
      { path: 'node_modules/@kubernetes/' },
    ),
    rule(
      'nest-only-in-shells',
      'Nest wires and serves; it never decides.',
      {
        pathNot: '(\\.module|\\.controller|\\.consumer|main)\\.ts$|^packages/(service|bus)/src|\\.(int|e2e)-spec\\.ts$',
      },
      { path: 'node_modules/@nestjs/' },
    ),
    rule(
      'testing-only-in-tests',
      'Builders and fakes never ship.',
      { pathNot: '\\.(spec|int-spec|e2e-spec)\\.ts$|^packages/testing/|/test/' },
      { path: '^packages/testing/' },
    ),
    rule(
      'packages-by-name',
      'Through the package name and its `exports`, not by path.',
      { path: '^apps/' },
      { path: '^packages/', dependencyTypes: ['local'] },
    ),
    rule(
      'declared',
      'Every import is in the package.json of the package that uses it; test tools are in that of the root.',
      { path: '^(apps|packages)/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'], pathNot: 'node_modules/(esbuild|@jest)/' },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
