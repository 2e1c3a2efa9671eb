import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Volume } from '@slipway/contracts';
import { BIN_DIR, Node, buildPrograms, exitCodes, isDone, pod, run, sh, textOf, until } from './pods.js';

const asRoot = process.getuid?.() === 0;
const at = (mountPath: string, more: object = {}): { volumeMounts: { name: string; mountPath: string }[] } => ({
  volumeMounts: [{ name: 'v', mountPath, ...more }],
});
const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('volumes', () => {
  const node = new Node();
  beforeAll(() => {
    buildPrograms();
    node.objects.secrets['s'] = { data: { user: b64('me'), password: b64('hunter2\n') } };
    node.objects.configMaps['m'] = { data: { a: 'alpha', b: 'beta' }, binaryData: { bin: b64('\u0001x') } };
    node.objects.claims['c'] = {};
  });
  afterAll(() => node.remove());

  const shown: [what: string, volume: Omit<Volume, 'name'>, script: string, then: string][] = [
    [
      'a secret, decoded, read-only',
      { secret: { secretName: 's' } },
      'cat /v/user /v/password; (echo x > /v/new) 2>/dev/null || echo ro',
      'mehunter2\nro',
    ],
    [
      'chosen keys under chosen names and modes',
      { secret: { secretName: 's', items: [{ key: 'user', path: 'deep/er/u', mode: 0o400 }] } },
      'cd /v; find . -type f; stat -c %a deep/er/u',
      './deep/er/u\n400',
    ],
    [
      'an optional secret that is not there',
      { secret: { secretName: 'none', optional: true } },
      'ls -A /v; echo end',
      'end',
    ],
    [
      'a config map with its default mode',
      { configMap: { name: 'm', defaultMode: 0o755 } },
      'cd /v; cat a b; stat -c " %a" a; od -An -c bin',
      'alphabeta 755\n 001   x',
    ],
    [
      'what the pod knows of itself',
      {
        downwardAPI: {
          items: [
            { path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } },
            { path: 'x', fieldRef: { fieldPath: "metadata.annotations['x.y/z']" } },
          ],
        },
      },
      'cat /v/ns; echo; cat /v/x',
      'default\nvalue',
    ],
    [
      'several sources in one',
      {
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'user', path: 'u' }] } },
            { configMap: { name: 'm', items: [{ key: 'a', path: 'a' }] } },
          ],
        },
      },
      'cat /v/u /v/a',
      'mealpha',
    ],
    ['an empty folder that anybody may write', { emptyDir: {} }, 'echo x > /v/f; stat -c %a /v; cat /v/f', '777\nx'],
    [
      'the programs of the platform',
      { hostPath: { path: BIN_DIR } },
      'test -x /v/entrypoint && echo yes; touch /v/x 2>/dev/null || echo ro',
      'yes\nro',
    ],
  ];
  test.each(shown)('show %s', async (_what, volume, script, then) => {
    const runtime = await node.open();
    const one = pod(
      { containers: [sh('a', script, at('/v'))], volumes: [{ name: 'v', ...volume }] },
      { annotations: { 'x.y/z': 'value' } },
    );
    await run(runtime, one);
    expect(await textOf(runtime, one, 'a')).toBe(then);
  });

  test('a claim keeps what was written, from pod to pod', async () => {
    const runtime = await node.open();
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
    await run(runtime, pod({ containers: [sh('a', 'echo kept > /v/f', at('/v'))], volumes }));
    const second = pod({ containers: [sh('a', 'cat /v/f', at('/v', { readOnly: true }))], volumes });
    await run(runtime, second);
    expect(await textOf(runtime, second, 'a')).toBe('kept');
  });

  const refused: [what: string, volume: Omit<Volume, 'name'>, reason: string][] = [
    ['this machine', { hostPath: { path: '/etc' } }, 'HostPathRefused'],
    ['this machine, by a way up', { hostPath: { path: `${BIN_DIR}/../../..` } }, 'HostPathRefused'],
    ['a CSI driver', { csi: { driver: 'secrets.example' } }, 'UnsupportedVolume'],
    [
      'a token that nobody issues',
      { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      'UnsupportedVolume',
    ],
    ['an unknown kind', { nfs: {} } as never, 'UnsupportedVolume'],
  ];
  test.each(refused)('a pod that mounts %s fails and says why', async (_what, volume, reason) => {
    const runtime = await node.open();
    const status = await run(
      runtime,
      pod({ containers: [sh('a', 'true', at('/v'))], volumes: [{ name: 'v', ...volume }] }),
    );
    expect({ phase: status.phase, reason: status.reason }).toEqual({ phase: 'Failed', reason });
    expect(status.message).toMatch(/\S/);
  });

  test('a pod waits for a secret that is not there, says so, and starts once it is', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [
        { ...sh('a', 'echo $LATE'), env: [{ name: 'LATE', valueFrom: { secretKeyRef: { name: 'late', key: 'k' } } }] },
      ],
    });
    await runtime.start(one);
    const waiting = await until(
      runtime,
      one,
      ({ containerStatuses }) => containerStatuses![0]!.state.waiting?.message !== undefined,
    );
    expect(waiting.containerStatuses![0]!.state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'secret "late" not found',
    });
    node.objects.secrets['late'] = { data: { k: b64('now') } };
    await until(runtime, one, isDone);
    expect(await textOf(runtime, one, 'a')).toBe('now');
  });

  test('a container sees an annotation that comes later, at once and whole', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [
        {
          name: 'a',
          command: ['/bin-of-ours/entrypoint'],
          args: ['-wait_file', '/v/ready', '-wait_file_content', '-entrypoint', 'cat', '--', '/v/ready'],
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'bin', mountPath: '/bin-of-ours' },
          ],
        },
      ],
      volumes: [
        {
          name: 'v',
          downwardAPI: { items: [{ path: 'ready', fieldRef: { fieldPath: "metadata.annotations['ready']" } }] },
        },
        { name: 'bin', hostPath: { path: BIN_DIR } },
      ],
    });
    await runtime.start(one);
    await until(runtime, one, ({ phase }) => phase === 'Running');
    await runtime.updateAnnotations(one.metadata.uid!, { ready: 'READY' });
    await until(runtime, one, isDone);
    expect(await textOf(runtime, one, 'a')).toBe('READY');
  });

  describe('sub-paths', () => {
    const withClaim = (subPath: string, script: string) =>
      pod({
        containers: [sh('a', script, at('/v', { subPath }))],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      });
    const claim = (): string => join(node.stateDir, 'claims/default/uid-of-c');

    test('are made where they are missing, and show only what is below', async () => {
      const runtime = await node.open();
      const one = withClaim('deep/er', 'echo x > /v/f; ls /v');
      await run(runtime, one);
      expect({ log: await textOf(runtime, one, 'a'), file: readFileSync(join(claim(), 'deep/er/f'), 'utf8') }).toEqual({
        log: 'f',
        file: 'x\n',
      });
    });

    test('take a file, and a variable of the container', async () => {
      const runtime = await node.open();
      mkdirSync(claim(), { recursive: true });
      writeFileSync(join(claim(), 'file-7'), 'seven');
      const one = pod({
        containers: [
          {
            ...sh('a', 'cat /v', { volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: 'file-$(N)' }] }),
            env: [{ name: 'N', value: '7' }],
          },
        ],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      });
      await run(runtime, one);
      expect(await textOf(runtime, one, 'a')).toBe('seven');
    });

    test.each([
      ['an absolute link', '/', 'link'],
      ['a link out and on', '/etc', 'link2/ssl'],
      ['a link upwards', '../../../..', 'link3'],
      ['a link to a missing place outside', '/tmp/slipway-never-made', 'link4/x'],
    ])('never lead out of the volume by %s', async (_what, target, subPath) => {
      const runtime = await node.open();
      mkdirSync(claim(), { recursive: true });
      symlinkSync(target, join(claim(), subPath.split('/')[0]!));
      const status = await run(runtime, withClaim(subPath, 'ls /v'));
      const { terminated } = status.containerStatuses![0]!.state;
      expect({ exitCode: terminated!.exitCode, reason: terminated!.reason }).toEqual({
        exitCode: 128,
        reason: 'StartError',
      });
      expect(terminated!.message).toMatch(/subPath ".*"/);
      expect(existsSync('/tmp/slipway-never-made')).toBe(false);
    });

    test('with a way up are not even tried', async () => {
      const runtime = await node.open();
      const one = withClaim('a/../../..', 'ls /v');
      await runtime.start(one);
      const status = await until(
        runtime,
        one,
        ({ containerStatuses }) => containerStatuses![0]!.state.waiting?.reason === 'CreateContainerConfigError',
      );
      expect(status.containerStatuses![0]!.state.waiting!.message).toMatch(/leads out of the volume/);
    });

    test('a mount point behind a link that a container left is refused', async () => {
      const runtime = await node.open();
      mkdirSync(claim(), { recursive: true });
      symlinkSync('../../../../tmp', join(claim(), 'trap'));
      const one = pod({
        containers: [
          sh('a', 'ls /v', {
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'e', mountPath: '/v/trap/slipway-made' },
            ],
          }),
        ],
        volumes: [
          { name: 'v', persistentVolumeClaim: { claimName: 'c' } },
          { name: 'e', emptyDir: {} },
        ],
      });
      await runtime.start(one);
      const status = await until(
        runtime,
        one,
        ({ containerStatuses }) => containerStatuses![0]!.state.waiting?.reason === 'CreateContainerConfigError',
      );
      expect(status.containerStatuses![0]!.state.waiting!.message).toMatch(/behind a link/);
      expect(existsSync('/tmp/slipway-made')).toBe(false);
    });

    test.each([
      ['that a container before it made', {}],
      ['that a container before it made below a subPath', { subPath: 'sub' }],
    ])('a mount point behind a link %s makes nothing on this machine', async (_what, mount) => {
      const runtime = await node.open();
      const outside = mkdtempSync(join(tmpdir(), 'slipway-outside-'));
      const shared = { name: 'v', mountPath: '/v', ...mount };
      const one = pod({
        initContainers: [sh('i', `ln -s /oldroot${outside} /v/way`, { volumeMounts: [shared] })],
        containers: [sh('a', 'true', { volumeMounts: [shared, { name: 'e', mountPath: '/v/way/made' }] })],
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'e', emptyDir: {} },
        ],
      });
      await runtime.start(one);
      const status = await until(runtime, one, isDone);
      expect(readdirSync(outside)).toEqual([]);
      expect(JSON.stringify(status.containerStatuses)).toMatch(/behind a link/);
      rmSync(outside, { recursive: true });
    });

    // What bwrap calls the machine's own root while it works is /oldroot.
    test.each<[what: string, path: (outside: string) => string]>([
      ['behind a link', (outside) => `/v/machine${outside}/made`],
      ['behind a link, by a way up', (outside) => `/tmp/../v/machine${outside}/made`],
      ['behind a link, from nowhere', (outside) => `v/machine${outside}/made`],
      ['in a process', (outside) => `/proc/1/root/oldroot${outside}/made`],
    ])('a termination message %s makes nothing on this machine', async (_what, path) => {
      const runtime = await node.open();
      const outside = mkdtempSync(join(tmpdir(), 'slipway-outside-'));
      mkdirSync(claim(), { recursive: true });
      rmSync(join(claim(), 'machine'), { force: true });
      symlinkSync('/oldroot', join(claim(), 'machine'));
      const one = pod({
        containers: [sh('a', 'true', { ...at('/v'), terminationMessagePath: path(outside) })],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      });
      await runtime.start(one);
      await until(runtime, one, (status) => isDone(status) || /link/.test(JSON.stringify(status)));
      expect(readdirSync(outside)).toEqual([]);
      await runtime.delete(one.metadata.uid!, 0);
      rmSync(outside, { recursive: true });
    });
  });

  (asRoot ? test : test.skip)('fsGroup owns what the pod may write', async () => {
    const runtime = await node.open();
    const one = pod({
      securityContext: { runAsUser: 1234, runAsGroup: 1235, fsGroup: 4321 },
      containers: [
        sh('a', 'touch /v/f; stat -c "%u %g" /v/f; id -G; cat /s/user; stat -c %g /s/user', {
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 's', mountPath: '/s' },
          ],
        }),
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 's', secret: { secretName: 's', defaultMode: 0o400 } },
      ],
    });
    const status = await run(runtime, one);
    expect(exitCodes(status)).toEqual([0]);
    expect(await textOf(runtime, one, 'a')).toBe('1234 4321\n1235 4321\nme4321');
  });
});
