// Images of strangers, whose links lie where the sandbox mounts something.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@slipway/contracts';
import { Node, buildPrograms, exitCodes, pod, run, sh, textOf } from './pods.js';

const node = new Node();
beforeAll(() => buildPrograms());
afterAll(() => node.remove());

describe('an image with links where something is mounted', () => {
  /** A root with a shell, and a place of this machine that nobody may touch. */
  function hostileRoot(links: (outside: string) => [path: string, target: string][]) {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-hostile-'));
    const [rootfs, outside] = [join(folder, 'root'), join(folder, 'outside')];
    mkdirSync(outside);
    writeFileSync(join(outside, 'canary'), 'untouched');
    const libraries = execFileSync('ldd', ['/bin/dash'], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
    for (const path of ['/bin/dash', ...[...libraries].map(([, path]) => path!)])
      cpSync(path, join(rootfs, path), { dereference: true });
    for (const [path, target] of links(outside)) {
      mkdirSync(join(rootfs, path, '..'), { recursive: true });
      symlinkSync(target, join(rootfs, path));
    }
    writeFileSync(join(folder, 'images.yaml'), `- image: hostile\n  rootfs: ${rootfs}\n`);
    const untouched = (): void => {
      expect(readdirSync(outside)).toEqual(['canary']);
      expect(readFileSync(join(outside, 'canary'), 'utf8')).toBe('untouched');
    };
    return { imagesFile: join(folder, 'images.yaml'), untouched, remove: () => rmSync(folder, { recursive: true }) };
  }
  const mounting = (script: string, ...paths: string[]): Pod =>
    pod({
      containers: [
        {
          ...sh('a', script, { image: 'hostile', command: ['/bin/dash', '-ec', script] }),
          volumeMounts: paths.map((mountPath) => ({ name: 'v', mountPath })),
        },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    });

  // What bwrap calls the machine's own root while it works is /oldroot.
  const leads: [what: string, links: (outside: string) => [string, string][]][] = [
    ['this machine', (outside) => [['/workspace', outside], ['/tekton', outside], ['/etc', outside]]],
    ['this machine, by ways up', (outside) => [['/workspace', `../../../../../..${outside}`], ['/tekton', `../../../..${outside}`], ['/etc', `../../..${outside}`]]],
    ['this machine, as the sandbox has it', (outside) => [['/workspace', `/oldroot${outside}`], ['/tekton', `../oldroot${outside}`], ['/etc', `/oldroot${outside}`]]],
    ['files of this machine', (outside) => [['/etc/resolv.conf', `${outside}/canary`], ['/etc/hosts', `/oldroot${outside}/canary`]]],
    ['processes', (outside) => [['/workspace', `/other${outside}`], ['/tekton', '/other/1/root'], ['/etc', '/proc/1/root']]],
  ]; // prettier-ignore
  test.each(leads)('that lead to %s has its mounts inside', async (_what, links) => {
    const root = hostileRoot(links);
    const runtime = await node.open({ imagesFile: root.imagesFile });
    const script =
      'echo in > /workspace/x; read line < /tekton/run/0/x; echo $line; (echo over > /etc/resolv.conf) 2>&- || :';
    const one = mounting(script, '/workspace', '/tekton/run/0');
    const status = await run(runtime, one);
    expect([exitCodes(status), await textOf(runtime, one, 'a')]).toEqual([[0], 'in']);
    root.untouched();
    root.remove();
  });

  test.each(['/proc', '/proc/sys', '/dev', '/sys', '/.slipway', '..//.slipway/'])(
    'that lead to the sandbox’s own %s is refused',
    async (target) => {
      const root = hostileRoot(() => [['/workspace', target]]);
      const runtime = await node.open({ imagesFile: root.imagesFile });
      const { phase, reason } = await run(runtime, mounting('echo ran', '/workspace'));
      expect({ phase, reason }).toEqual({ phase: 'Failed', reason: 'MountRefused' });
      root.remove();
    },
  );
});

test.each(['/.slipway', '/x/../.slipway/init', '/proc/sys'])('a volume over %s is refused', async (mountPath) => {
  const runtime = await node.open();
  const one = pod({
    containers: [sh('a', 'true', { volumeMounts: [{ name: 'v', mountPath }] })],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  expect(await run(runtime, one)).toMatchObject({ phase: 'Failed', reason: 'MountRefused' });
});
