import tseslint from 'typescript-eslint';

const noEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read the environment in config.ts only.',
};
const noClock = {
  selector:
    "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'core/ takes `nowMs` as an argument.',
};
const noChance = {
  selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
  message: 'core/ takes a random source as an argument.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', 'out*/**', 'node_modules/**', '*.js', '*.cjs', 'nestdemo.ts'] },
  ...tseslint.configs.recommendedTypeChecked.map((c) => ({ ...c, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', noEnv],
    },
  },
  {
    files: ['apps/*/src/core/**/*.ts', 'packages/contracts/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnv, noClock, noChance] },
  },
  {
    files: ['**/config.ts', '**/main.ts', '**/*spec.ts', 'apps/*/test/**/*.ts', 'e2e/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
);
