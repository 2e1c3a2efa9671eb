import {
  isNested,
  nestedPlaceholders,
  replaceInStep,
  replaceInVolume,
  replacePlaceholders,
} from './build-substitution.js';
import type { BuildStep } from './knative-build.js';

const VALUES = new Map([
  ['A', '1'],
  ['B', '${A}'],
  ['DOLLARS', "$&$1$'"],
  ['EMPTY', ''],
]);

describe('replacePlaceholders', () => {
  const table: [given: string, text: string, then: string][] = [
    ['replaces a placeholder as often as it stands there', '${A}-${A}', '1-1'],
    ['replaces by an empty value', 'a${EMPTY}b', 'ab'],
    ['leaves what nobody gave to the shell', '${FOO} $A $(A) ${A', '${FOO} $A $(A) ${A'],
    ['does not look at values again, in whatever order they were given (B1)', '${B}${A}', '${A}1'],
    ['keeps dollar signs of values', '${DOLLARS}', "$&$1$'"],
    ['finds nothing on the prototype of objects', '${constructor}', '${constructor}'],
  ];
  test.each(table)('%s', (_given, text, then) => {
    expect(replacePlaceholders(text, VALUES)).toBe(then);
  });

  test('gives the same for every order of the values (B1)', () => {
    const entries = [...VALUES];
    for (const order of [entries, [...entries].reverse()]) {
      expect(replacePlaceholders('${A}${B}${DOLLARS}', new Map(order))).toBe("1${A}$&$1$'");
    }
  });

  test('is linear in text that is nothing but openings', () => {
    expect(replacePlaceholders('${'.repeat(500_000), VALUES)).toHaveLength(1_000_000);
  });
});

describe('replaceInStep', () => {
  const everywhere: BuildStep = {
    name: '${A}',
    image: '${A}',
    command: ['${A}'],
    args: ['${A}'],
    workingDir: '${A}',
    env: [
      { name: '${A}', value: '${A}' },
      { name: 'FROM', valueFrom: { configMapKeyRef: { name: '${A}', key: '${A}' } } },
    ],
    envFrom: [{ prefix: '${A}' }],
    volumeMounts: [{ name: '${A}', mountPath: '${A}', subPath: '${A}' }],
    resources: { limits: { cpu: '${A}' } },
    ports: [{ containerPort: 1, name: '${A}' }],
    securityContext: { capabilities: { add: ['${A}'] } },
    lifecycle: { postStart: '${A}' },
    terminationMessagePath: '${A}',
  };

  test('replaces in the fields of Knative Build, and in no other (B2)', () => {
    expect(replaceInStep(everywhere, VALUES)).toEqual({
      ...everywhere,
      name: '1',
      image: '1',
      command: ['1'],
      args: ['1'],
      workingDir: '1',
      env: [{ name: '${A}', value: '1' }, everywhere.env![1]],
      volumeMounts: [{ name: '1', mountPath: '1', subPath: '1' }],
    });
  });

  test('adds no field', () => {
    expect(Object.keys(replaceInStep({ image: 'x' }, VALUES))).toEqual(['image']);
  });
});

describe('replaceInVolume', () => {
  const table: [given: string, volume: object, then: object][] = [
    ['its name', { name: 'v-${A}', emptyDir: {} }, { name: 'v-1', emptyDir: {} }],
    [
      'the claim',
      { name: 'v', persistentVolumeClaim: { claimName: '${A}', readOnly: true } },
      { name: 'v', persistentVolumeClaim: { claimName: '1', readOnly: true } },
    ],
    ['the ConfigMap', { name: 'v', configMap: { name: '${A}' } }, { name: 'v', configMap: { name: '1' } }],
    ['the Secret', { name: 'v', secret: { secretName: '${A}' } }, { name: 'v', secret: { secretName: '1' } }],
    ['no other source', { name: 'v', hostPath: { path: '${A}' } }, { name: 'v', hostPath: { path: '${A}' } }],
  ];
  test.each(table)('replaces in %s', (_given, volume, then) => {
    expect(replaceInVolume(volume as never, VALUES)).toEqual(then);
  });
});

describe('isNested', () => {
  const table: [text: string, nested: boolean][] = [
    ['${A${B}}', true],
    ['${A ${B}}', true],
    ['${A:-$B}', true],
    ['${A}${B}', false],
    ['$${A}', false],
    ['${}$', false],
    ['${A', false],
    ['plain', false],
  ];
  test.each(table)('finds in %s: %s', (text, nested) => {
    expect(isNested(text)).toBe(nested);
  });

  test('agrees with the expression of Knative Build on every text of seven characters (B4)', () => {
    const alphabet = ['$', '{', '}', 'A'];
    for (let n = 0; n < alphabet.length ** 7; n++) {
      let text = '';
      for (let rest = n, i = 0; i < 7; i++, rest = Math.floor(rest / 4)) text += alphabet[rest % 4]!;
      if (isNested(text) !== /\$\{[^}]+\$/.test(text)) throw new Error(text);
    }
  });

  test('is linear in text that is nothing but openings that never end', () => {
    expect(isNested('${}'.repeat(300_000))).toBe(false);
    expect(isNested(`\${${'A'.repeat(500_000)}`)).toBe(false);
  });
});

test('nestedPlaceholders names every field of a step', () => {
  const nested = '${A${B}}';
  const step: BuildStep = {
    name: nested,
    args: ['x', nested],
    env: [{ name: 'E', value: nested }],
    workingDir: nested,
    command: [nested],
  };
  expect(nestedPlaceholders(step, 2)).toEqual([
    { field: 'name', message: 'nested placeholder in step 2 name: "${A${B}}"' },
    { field: 'args[1]', message: 'nested placeholder in step 2 arg 1: "${A${B}}"' },
    { field: 'env[0].value', message: 'nested placeholder in step 2 env value 0: "${A${B}}"' },
    { field: 'workingDir', message: 'nested placeholder in step 2 workingDir: "${A${B}}"' },
    { field: 'command[0]', message: 'nested placeholder in step 2 command 0: "${A${B}}"' },
  ]);
});
