import type { PodStatus } from '@slipway/contracts';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, mkdirSync, writeFileSync, cpSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCgroups } from '../../src/io/process-runtime/cgroups.js';
import { BIN_DIR, Node, buildPrograms, exitCodes, isDone, pod, processesWith, run, sh, textOf, until } from './pods.js';

const asRoot = process.getuid?.() === 0;
const cgroups = findCgroups();
const canLimit = (kind: 'memory' | 'pids'): boolean =>
  cgroups.version === 2 || (cgroups.version === 1 && cgroups[kind] !== undefined);
const only = (when: boolean): typeof test => (when ? test : test.skip);

describe('what a container is and sees', () => {
  const node = new Node();
  beforeAll(() => buildPrograms());
  afterAll(() => node.remove());

  const seen: [what: string, script: string, then: string, more?: object][] = [
    ['is its own first process', 'cat /proc/1/comm; ls /proc | grep -c "^[0-9]"', 'init\n4'],
    ['has a folder of its own', 'pwd', '/srv/deep', { workingDir: '/srv/deep' }],
    [
      'knows its name',
      'hostname; echo $HOSTNAME; getent hosts build.example',
      'box\nbox\n10.1.2.3        build.example',
      {},
    ],
    ['has its home', 'echo $HOME; cd ~ && touch x && echo ok', '/root\nok'],
    ['may write its root and /tmp', 'touch /x /tmp/x /var/tmp/x /dev/shm/x && echo ok', 'ok'],
    [
      'may not write a read-only root',
      'touch /x 2>/dev/null || echo no',
      'no',
      { securityContext: { readOnlyRootFilesystem: true } },
    ],
    [
      'may not write the host',
      'for p in /usr /etc/ssl /.slipway /proc/sys/kernel; do touch $p/x 2>/dev/null && echo $p; done; echo end',
      'end',
    ],
    [
      'sees no keys of the host',
      'cat /etc/shadow /etc/ssh/* /etc/sudoers 2>/dev/null; ls /root /home /var/lib /etc/ssl/private 2>/dev/null; echo end',
      '/home:\n\n/root:\n\n/var/lib:\nend',
    ],
    [
      'has certificates and names',
      'test -s /etc/ssl/certs/ca-certificates.crt && getent passwd root && getent passwd nobody',
      'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    ],
    [
      'has the programs of the host',
      'awk "BEGIN{print 1}"; python3 -c "import ssl; print(2)"; perl -e "print 3"',
      '1\n2\n3',
    ],
    [
      'has devices, and none that matter',
      'echo x > /dev/null; head -c1 /dev/zero | od -An -tx1; ls /dev | grep -E "vd|sd|mem|kvm"; mknod /tmp/d b 254 0 2>/dev/null || echo no',
      ' 00\nno',
    ],
  ];
  test.each(seen)('a container %s', async (_what, script, then, more = {}) => {
    const runtime = await node.open();
    const one = pod(
      { hostAliases: [{ ip: '10.1.2.3', hostnames: ['build.example'] }], containers: [sh('a', script, more)] },
      { name: 'box' },
    );
    await run(runtime, one);
    expect(await textOf(runtime, one, 'a')).toBe(then);
  });

  test('pods do not see each other', async () => {
    const runtime = await node.open();
    const secret = pod({
      containers: [sh('a', 'echo treasure > /v/f; sleep 30', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await runtime.start(secret);
    await until(runtime, secret, ({ phase }) => phase === 'Running');
    const thief = pod({
      containers: [
        sh(
          'a',
          `grep -rs treasure / --include=f --exclude-dir=proc --exclude-dir=usr; ls ${node.stateDir} 2>/dev/null; kill -9 -1 2>/dev/null; echo end`,
        ),
      ],
    });
    await run(runtime, thief);
    expect(await textOf(runtime, thief, 'a')).toBe('end');
    expect((await runtime.status(secret.metadata.uid!))!.phase).toBe('Running');
    await runtime.delete(secret.metadata.uid!, 0);
  });

  test.each([
    ['the pod', { runAsUser: 1001, runAsGroup: 1002 }, undefined, '1001 1002'],
    ['the container', { runAsUser: 1001 }, { runAsUser: 1003, runAsGroup: 1004 }, '1003 1004'],
    ['nobody, but not root', undefined, { runAsNonRoot: true }, '65532 65532'],
  ])('a container runs as the user that %s names', async (_who, shared, own, then) => {
    const runtime = await node.open();
    const one = pod({
      ...(shared === undefined ? {} : { securityContext: shared }),
      containers: [
        sh(
          'a',
          'echo $(id -u) $(id -g); echo $HOME; whoami; touch /x 2>/dev/null || echo cannot; grep CapEff /proc/self/status',
          own === undefined ? {} : { securityContext: own },
        ),
      ],
    });
    await run(runtime, one);
    const lines = (await textOf(runtime, one, 'a')).split('\n');
    expect(lines.slice(0, 3)).toEqual([then, '/', 'user']);
    if (asRoot) expect(lines.slice(3)).toEqual(['cannot', 'CapEff:\t0000000000000000']);
  });

  test('privileges cannot be won back', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [
        sh(
          'a',
          'grep -E "NoNewPrivs|CapBnd" /proc/self/status; unshare -m true 2>/dev/null && echo mounted; chroot / true && echo chroot',
          { securityContext: { privileged: true } },
        ),
      ],
    });
    await run(runtime, one);
    const text = await textOf(runtime, one, 'a');
    expect(text).toMatch(/NoNewPrivs:\t1/);
    expect(text).not.toMatch(/mounted/);
    expect(await runtime.notices(one.metadata.uid!)).toContainEqual(expect.stringMatching(/privileged/));
  });

  test('keyrings, which all containers would share, are closed', async () => {
    const runtime = await node.open();
    const tried =
      'import ctypes,os; l=ctypes.CDLL(None,use_errno=True)\nfor n in (248,250,321,425): print(l.syscall(n,0,0,0,0,0), ctypes.get_errno())';
    const one = pod({ containers: [{ name: 'a', image: 'python', command: ['python3', '-c', tried] }] });
    await run(runtime, one);
    if (process.arch === 'x64') expect(await textOf(runtime, one, 'a')).toBe('-1 1\n-1 1\n-1 1\n-1 1');
  });

  test('secrets of the environment are in no command line of the machine', async () => {
    const runtime = await node.open();
    node.objects.secrets['s'] = { data: { k: Buffer.from('c4n4ry-value').toString('base64') } };
    const one = pod({
      containers: [
        {
          ...sh('a', 'test "$K" = c4n4ry"-value" && echo has it; sleep 30'),
          env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        },
      ],
    });
    await runtime.start(one);
    await until(runtime, one, ({ phase }) => phase === 'Running');
    expect(processesWith('c4n4ry-value')).toEqual([]);
    await runtime.stop(one.metadata.uid!, 0);
    await until(runtime, one, isDone);
    expect(await textOf(runtime, one, 'a')).toBe('has it');
  });

  test('LD_PRELOAD of a container is not at work outside it', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [{ ...sh('a', 'echo ran'), env: [{ name: 'LD_PRELOAD', value: '/nowhere/evil.so' }] }],
    });
    await run(runtime, one);
    const text = await textOf(runtime, one, 'a');
    // ld.so complains once per dynamic program: the container's shell, and not bwrap before it.
    expect(text.split('\n').filter((line) => line.includes('evil.so'))).toHaveLength(1);
  });

  test.each([
    ['cannot be found', ['no-such-command'], /no-such-command: No such file/],
    ['is no program', ['/etc/passwd'], /\/etc\/passwd: Permission denied/],
  ])('a command that %s is reported as such', async (_what, command, message) => {
    const runtime = await node.open();
    const status = await run(runtime, pod({ containers: [{ name: 'a', image: 'x', command }] }));
    const { terminated } = status.containerStatuses![0]!.state;
    expect(terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringMatching(message) as string,
    });
  });

  test('what a container leaves as its termination message is bounded', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'head -c 1000000 /dev/zero | tr "\\0" x > /dev/termination-log; exit 7')] });
    const status = await run(runtime, one);
    const { terminated } = status.containerStatuses![0]!.state;
    expect({ code: terminated!.exitCode, reason: terminated!.reason, length: terminated!.message!.length }).toEqual({
      code: 7,
      reason: 'Error',
      length: 4096,
    });
  });

  only(canLimit('memory'))('a container over its memory limit is killed, and its neighbour is not', async () => {
    const runtime = await node.open();
    const hog = 'python3 -c "x = bytearray(300 << 20)"';
    const status = await run(
      runtime,
      pod({ containers: [sh('hog', hog, { resources: { limits: { memory: '64Mi' } } }), sh('calm', 'sleep 0.5')] }),
    );
    const [first, second] = status.containerStatuses!.map(({ state }) => state.terminated!);
    expect({ code: first!.exitCode, reason: first!.reason, other: second!.exitCode }).toEqual({
      code: 137,
      reason: 'OOMKilled',
      other: 0,
    });
  });

  only(canLimit('pids'))('a fork bomb is bounded, and dies with its pod', async () => {
    const runtime = await node.open();
    const bomb =
      'import os,time\nn=0\ntry:\n  while True:\n    if os.fork()==0:\n      time.sleep(60); os._exit(0)\n    n+=1\nexcept OSError: print("stopped", n < 5000, flush=True)\ntime.sleep(60)';
    const one = pod({ containers: [{ name: 'a', image: 'python', command: ['python3', '-c', bomb] }] });
    await runtime.start(one);
    const lines: string[] = [];
    for await (const batch of runtime.readLog(one.metadata.uid!, 'a', 0, new AbortController().signal)) {
      lines.push(...batch.map(({ text }) => text));
      if (lines.length > 0) break;
    }
    expect(lines).toEqual(['stopped True']);
    await runtime.delete(one.metadata.uid!, 0);
    expect(processesWith('n=0\ntry').length).toBe(0);
  });

  describe('networks', () => {
    const listen =
      'import http.server,socketserver; socketserver.TCPServer.allow_reuse_address=True; s=http.server.HTTPServer(("127.0.0.1", 8123), http.server.SimpleHTTPRequestHandler); s.serve_forever()';
    const served = () =>
      pod({
        containers: [
          {
            name: 'server',
            image: 'python',
            command: ['python3', '-c', listen],
            readinessProbe: { httpGet: { path: '/', port: 8123 } },
          },
          sh(
            'client',
            'python3 -c "import urllib.request as u, time\nfor i in range(200):\n  try: print(u.urlopen(\'http://127.0.0.1:8123/\').status); break\n  except OSError: time.sleep(0.05)"',
          ),
        ],
      });

    test('containers of one pod reach each other, and two pods may use one port', async () => {
      const runtime = await node.open();
      const pods = [served(), served()];
      for (const one of pods) await runtime.start(one);
      for (const one of pods) {
        const status = await until(
          runtime,
          one,
          ({ containerStatuses: [server, client] = [] }) => server!.ready && client!.state.terminated !== undefined,
        );
        expect(status.containerStatuses![1]!.state.terminated!.exitCode).toBe(0);
        expect(await textOf(runtime, one, 'client')).toBe('200');
      }
      for (const one of pods) await runtime.delete(one.metadata.uid!, 0);
    });

    test('a step reaches what listens on this machine', async () => {
      const runtime = await node.open();
      const server = createServer((socket) => socket.end('hello from the host'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const one = pod({
        containers: [
          {
            name: 'a',
            image: 'python',
            command: [
              'python3',
              '-c',
              `import socket; print(socket.create_connection(("127.0.0.1", ${port})).recv(99).decode())`,
            ],
          },
        ],
      });
      await run(runtime, one);
      server.close();
      expect(await textOf(runtime, one, 'a')).toBe('hello from the host');
    });
  });

  test('an image that is at hand is the root, and what one container writes another does not find', async () => {
    const images = mkdtempSync(join(tmpdir(), 'slipway-images-'));
    const rootfs = join(images, 'tiny');
    for (const folder of ['bin', 'etc', 'proc', 'dev']) mkdirSync(join(rootfs, folder), { recursive: true });
    cpSync(join(BIN_DIR, 'entrypoint'), join(rootfs, 'bin/tool'));
    writeFileSync(
      join(images, 'images.yaml'),
      `- image: registry.example/tiny:*\n  rootfs: ${rootfs}\n- image: other\n  mounts: { /given: ${images} }\n`,
    );
    const runtime = await node.open({ imagesFile: join(images, 'images.yaml') });
    const one = pod({
      containers: ['a', 'b'].map((name) => ({
        name,
        image: 'registry.example/tiny:1',
        command: ['/bin/tool', 'cp', '/bin/tool', '/bin/copy'],
      })),
    });
    const two = pod({ containers: [sh('c', 'ls /given', { image: 'other' })] });
    const status = await run(runtime, one);
    expect(exitCodes(status)).toEqual([0, 0]);
    expect(existsSync(join(rootfs, 'bin/copy'))).toBe(false);
    await run(runtime, two);
    expect(await textOf(runtime, two, 'c')).toBe('images.yaml\ntiny');
    expect([await runtime.notices(one.metadata.uid!), await runtime.notices(two.metadata.uid!)]).toEqual([[], []]);
    rmSync(images, { recursive: true });
  });

  test('a pod waits for the root of its image that is not there, and says of which', async () => {
    const images = mkdtempSync(join(tmpdir(), 'slipway-images-'));
    writeFileSync(join(images, 'images.yaml'), `- image: tiny\n  rootfs: ${join(images, 'gone')}\n`);
    const runtime = await node.open({ imagesFile: join(images, 'images.yaml') });
    const one = pod({ containers: [sh('a', 'true', { image: 'tiny' })] });
    await runtime.start(one);
    const waiting = ({ containerStatuses }: PodStatus): string | undefined =>
      containerStatuses?.[0]?.state.waiting?.message;
    expect(waiting(await until(runtime, one, (status) => waiting(status) !== undefined))).toBe(
      'the folder that the images file of this node names for image "tiny" is not there',
    );
    rmSync(images, { recursive: true });
  });

  test('an image that is not at hand is said so once', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'true', { image: 'alpine' }), sh('b', 'true', { image: 'alpine' })] });
    await run(runtime, one);
    expect(await runtime.notices(one.metadata.uid!)).toEqual([expect.stringMatching(/^Image alpine is not at hand/)]);
  });
});
