import { recordedCalls } from '../../testing/src/shared-data.js';
import { buildGraph } from './pipeline-graph.js';
import type { PipelineTask } from './tekton.js';

interface BuildCall {
  in: { tasks: { name: string }[]; deps: Record<string, string[]> | null };
  out: { error: string | null; graph: Record<string, string[]> | null };
}
const recorded = recordedCalls<BuildCall>('dag.Build');

/** `pipeline('a', 'b<a', 'c<a,b')`: tasks and what they run after. */
const pipeline = (...tasks: string[]): PipelineTask[] =>
  tasks.map((text) => {
    const [name, after] = text.split('<') as [string, string?];
    return after === undefined ? { name } : { name, runAfter: after.split(',') };
  });

describe('buildGraph', () => {
  it('takes edges from runAfter, from and every reference to what another task makes', () => {
    const graph = buildGraph([
      ...pipeline('a', 'b', 'c', 'd', 'e', 'f'),
      {
        name: 'x',
        runAfter: ['a'],
        resources: { inputs: [{ name: 'i', resource: 'r', from: ['b'] }] },
        conditions: [{ conditionRef: 'ok', resources: [{ name: 'i', resource: 'r', from: ['c'] }] }],
        params: [{ name: 'p', value: '$(tasks.d.results.out)' }],
        when: [{ input: '$(tasks.e.matrix.length)', operator: 'in', values: ['2'] }],
        taskSpec: { steps: [{ image: 'i', script: 'cat $(tasks.f.outputs.image)' }] },
      },
    ]);
    expect(graph.parents.get('x')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(graph.children.get('d')).toEqual(['x']);
    expect(graph.order.at(-1)).toBe('x');
    expect(graph.problems).toEqual([]);
  });

  it('keeps one edge where a task is named twice, and no edge to what does not exist (G3)', () => {
    const graph = buildGraph([
      { name: 'a' },
      { name: 'b', runAfter: ['a', 'a', 'ghost'], params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
    ]);
    expect(graph.parents.get('b')).toEqual(['a']);
    expect(graph.problems).toEqual([
      {
        kind: 'unknown-parent',
        task: 'b',
        parent: 'ghost',
        why: 'runAfter',
        message: "couldn't add link between b and ghost: task b depends on ghost but ghost wasn't present in Pipeline",
      },
    ]);
  });

  it('names the tasks of a cycle, and not those that only wait for it', () => {
    const graph = buildGraph(pipeline('before', 'a<c,before', 'b<a', 'c<b', 'aa-behind<a'));
    expect(graph.problems).toEqual([
      {
        kind: 'cycle',
        task: 'a',
        cycle: ['a', 'c', 'b'],
        message: 'cycle detected; task "a" depends on "c"',
      },
    ]);
    expect(graph.order).toEqual(['before']);
  });

  it('finds a task that waits for itself', () => {
    expect(buildGraph(pipeline('a<a')).problems[0]).toMatchObject({ cycle: ['a'] });
  });

  it('treats names of object members as any other (G2)', () => {
    const graph = buildGraph(pipeline('constructor', '__proto__<constructor', 'x<toString'));
    expect(graph.parents.get('__proto__')).toEqual(['constructor']);
    expect(graph.problems.map((problem) => problem.kind)).toEqual(['unknown-parent']);
  });

  it('agrees with the definition for every graph of four tasks', () => {
    const names = ['a', 'b', 'c', 'd'];
    const pairs = names.flatMap((child) => names.filter((name) => name !== child).map((parent) => [child, parent]));
    for (let bits = 0; bits < 2 ** pairs.length; bits++) {
      const edges = pairs.filter((_, index) => (bits >> index) & 1);
      const tasks = names.map((name) => ({
        name,
        runAfter: edges.filter(([child]) => child === name).map(([, parent]) => parent!),
      }));
      const graph = buildGraph(tasks);
      const reaches = (from: string, to: string, left = 4): boolean =>
        left > 0 &&
        edges.some(([child, parent]) => child === from && (parent === to || reaches(parent!, to, left - 1)));
      const cyclic = names.some((name) => reaches(name, name));
      expect(graph.problems.map((problem) => problem.kind)).toEqual(cyclic ? ['cycle'] : []);
      for (const [child, parent] of edges) {
        if (!graph.order.includes(child!)) continue;
        expect(graph.order.indexOf(parent!)).toBeLessThan(graph.order.indexOf(child!));
      }
      for (const problem of graph.problems) {
        if (problem.kind !== 'cycle') continue;
        problem.cycle.forEach((task, at) => {
          const next = problem.cycle[(at + 1) % problem.cycle.length]!;
          expect(edges).toContainEqual([task, next]);
        });
      }
    }
  });

  it('takes a chain, a star and a cycle of 10,000 tasks (G1)', () => {
    const count = 10_000;
    const chain = Array.from({ length: count }, (_, i) => (i === 0 ? `t${i}` : `t${i}<t${i - 1}`));
    expect(buildGraph(pipeline(...chain)).order).toHaveLength(count);
    const star = Array.from({ length: count }, (_, i) => (i === 0 ? `t${i}` : `t${i}<t0`));
    expect(buildGraph(pipeline(...star)).children.get('t0')).toHaveLength(count - 1);
    const ring = Array.from({ length: count }, (_, i) => `t${i}<t${(i + 1) % count}`);
    expect(buildGraph(pipeline(...ring)).problems[0]).toMatchObject({ kind: 'cycle' });
  });
});

(recorded.length > 0 ? describe : describe.skip)('the conformance data', () => {
  it(`dag.Build: ours gives the same, ${recorded.length} times`, () => {
    for (const call of recorded) {
      const graph = buildGraph(call.in.tasks.map(({ name }) => ({ name, runAfter: call.in.deps?.[name] ?? [] })));
      const error = graph.problems[0]?.message ?? null;
      const edges = error === null ? Object.fromEntries([...graph.parents].sort()) : null;
      const expected = call.out.graph === null ? null : Object.fromEntries(Object.entries(call.out.graph).sort());
      expect({ error, edges }).toEqual({ error: call.out.error, edges: expected });
    }
  });
});
