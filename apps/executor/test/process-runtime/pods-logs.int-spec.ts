import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node, buildPrograms, logOf, pod, run, sh } from './pods.js';

describe('logs', () => {
  const node = new Node();
  beforeAll(() => buildPrograms());
  afterAll(() => node.remove());

  test('keep every line of both streams in the order of each', async () => {
    const runtime = await node.open();
    const script = 'i=0; while [ $i -lt 2000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done';
    const one = pod({ containers: [sh('a', script)] });
    await run(runtime, one);
    const lines = await logOf(runtime, one, 'a');
    const of = (stream: string): string[] => lines.filter((line) => line.stream === stream).map(({ text }) => text);
    const numbers = Array.from({ length: 2000 }, (_, i) => i);
    expect(of('stdout')).toEqual(numbers.map((i) => `o${i}`));
    expect(of('stderr')).toEqual(numbers.map((i) => `e${i}`));
    expect((await logOf(runtime, one, 'a', 3990)).map(({ text }) => text)).toEqual(
      lines.slice(3990).map(({ text }) => text),
    );
  });

  test('split a line of a megabyte and lose none of it', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'head -c 1048576 /dev/zero | tr "\\0" x; echo; printf end')] });
    await run(runtime, one);
    const lines = await logOf(runtime, one, 'a');
    expect(lines).toHaveLength(65);
    expect(lines.slice(0, 63).every(({ text, partial }) => text.length === 16384 && partial === true)).toBe(true);
    expect(lines[63]!.partial).toBeUndefined();
    expect(lines[64]).toMatchObject({ text: 'end', stream: 'stdout' });
  });

  test('carry binary output without losing count of lines', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'printf "\\001\\377\\000x\\n\\n\\r\\nok\\n"')] });
    await run(runtime, one);
    expect((await logOf(runtime, one, 'a')).map(({ text }) => text)).toEqual(['\u0001\ufffd\u0000x', '', '\r', 'ok']);
  });

  test('are followed as they come', async () => {
    const runtime = await node.open();
    const one = pod({
      containers: [sh('a', 'echo one; read x < /v/fifo; echo two', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      initContainers: [sh('i', 'mkfifo /v/fifo', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await runtime.start(one);
    const seen: string[] = [];
    for await (const batch of runtime.readLog(one.metadata.uid!, 'a', 0, new AbortController().signal)) {
      seen.push(...batch.map(({ text }) => text));
      if (seen.length === 1) writeFileSync(join(node.stateDir, 'pods', one.metadata.uid!, 'volumes/v/fifo'), 'go\n');
    }
    expect(seen).toEqual(['one', 'two']);
  });

  test('stop being followed when the reader says so', async () => {
    const runtime = await node.open();
    const one = pod({ containers: [sh('a', 'sleep 30')] });
    await runtime.start(one);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    for await (const batch of runtime.readLog(one.metadata.uid!, 'a', 0, abort.signal)) expect(batch).toEqual([]);
    await runtime.delete(one.metadata.uid!, 0);
  });
});
