// Tiers by suffix: `*.spec.ts` pure, `*.int-spec.ts` against real servers, `*.e2e-spec.ts` whole platform, `*.k8s-spec.ts`
// against a real cluster, which only `npm run e2e:kubernetes` names.
const tiers = {
  unit: 'spec',
  integration: 'int-spec',
  e2e: 'e2e-spec',
  ...(process.env.E2E_KUBECONFIG === undefined ? {} : { kubernetes: 'k8s-spec' }),
};

const project = (displayName) => ({
  displayName,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/e2e', '<rootDir>/conformance', '<rootDir>/bench'],
  testMatch: [`**/*.${tiers[displayName]}.ts`],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
});

// No test asserts a time; the timeout only ends one that hangs.
export default { testTimeout: 60_000, projects: Object.keys(tiers).map(project) };
