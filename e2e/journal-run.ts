// A run that keeps a journal of itself: every step writes when it begins and ends to a shared volume, and prints numbered
// lines. Afterwards the journal says whether a step ran twice, was cut short or ran too early, and the logs whether a line is
// missing.

import type { Build, PipelineRun } from '@slipway/contracts';

export const LINES = 20;
const STEPS = ['first', 'second'] as const;

/** Names of the tasks that each task follows. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** A random graph of `count` tasks, each following up to three earlier ones. */
export function randomGraph(count: number, random: () => number): Graph {
  const graph = new Map<string, string[]>();
  for (let i = 0; i < count; i++) {
    const earlier = [...graph.keys()];
    const after = new Set<string>();
    for (let n = Math.floor(random() * 3); n > 0 && earlier.length > 0; n--) {
      after.add(earlier[Math.floor(random() * earlier.length)]!);
    }
    graph.set(`t${i}`, [...after]);
  }
  return graph;
}

/** What a step does: tells of its beginning in the journal, prints its lines, tells of its end. */
function scriptOf(task: string, step: string, journal: string, random: () => number): string {
  return [
    `echo "${task}.${step} begin" >> ${journal}`,
    `i=0; while [ $i -lt ${LINES} ]; do echo "${task}.${step} line $i"; i=$((i+1)); [ $i = ${LINES / 2} ] && sleep ${(random() * 0.4).toFixed(2)}; done`,
    `echo "${task}.${step} end" >> ${journal}`,
  ].join('\n');
}

export function journalRun(name: string, graph: Graph, random: () => number): PipelineRun {
  const step = (task: string, step: string) => ({
    name: step,
    image: 'busybox',
    script: [
      '#!/bin/sh',
      scriptOf(task, step, '$(workspaces.journal.path)/journal', random),
      step === 'second' ? `printf %s ${task} > $(results.who.path)` : ':',
    ].join('\n'),
  });
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace: 'default' },
    spec: {
      workspaces: [
        {
          name: 'journal',
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
          },
        },
      ],
      pipelineSpec: {
        workspaces: [{ name: 'journal' }],
        tasks: [...graph].map(([task, runAfter]) => ({
          name: task,
          runAfter: [...runAfter],
          workspaces: [{ name: 'journal', workspace: 'journal' }],
          taskSpec: {
            workspaces: [{ name: 'journal' }],
            results: [{ name: 'who' }],
            steps: STEPS.map((name) => step(task, name)),
          },
        })),
        finally: [
          {
            name: 'read',
            workspaces: [{ name: 'journal', workspace: 'journal' }],
            taskSpec: {
              workspaces: [{ name: 'journal' }],
              steps: [{ name: 'cat', image: 'busybox', script: 'cat $(workspaces.journal.path)/journal' }],
            },
          },
        ],
        results: [...graph.keys()].map((task) => ({ name: task, value: `$(tasks.${task}.results.who)` })),
      },
    },
  };
}

/** A Build whose last step, `read`, prints the journal of the others; with a git source its README comes first. */
export function journalBuild(name: string, gitUrl: string | undefined, random: () => number): Build {
  const step = (called: string, script: string) => ({
    name: called,
    image: 'busybox',
    command: ['sh', '-c'],
    args: [script],
  });
  const readme = gitUrl === undefined ? '' : 'cat source/README.md; ';
  return {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'Build',
    metadata: { name, namespace: 'default' },
    spec: {
      ...(gitUrl === undefined ? {} : { source: { git: { url: gitUrl, revision: 'main' }, targetPath: 'source' } }),
      steps: [
        ...STEPS.map((called) => step(called, scriptOf(name, called, '/workspace/journal', random))),
        step('read', `${readme}cat journal`),
      ],
    },
  };
}

/** What is wrong with a journal; empty when every step ran once, whole, and after all that its task follows. */
export function journalProblems(graph: Graph, journal: readonly string[]): string[] {
  const problems: string[] = [];
  const at = (line: string): number[] => journal.flatMap((entry, index) => (entry === line ? [index] : []));
  const once = (line: string): number => {
    const [index, ...again] = at(line);
    if (index === undefined) problems.push(`"${line}" is missing`);
    if (again.length > 0) problems.push(`"${line}" stands ${again.length + 1} times`);
    return index ?? -1;
  };
  for (const [task, runAfter] of graph) {
    const begins = once(`${task}.first begin`);
    if (once(`${task}.first end`) > once(`${task}.second begin`))
      problems.push(`${task}: the second step began too early`);
    once(`${task}.second end`);
    for (const earlier of runAfter) {
      const [ended] = at(`${earlier}.second end`);
      if (ended === undefined || ended > begins) problems.push(`${task} began before ${earlier} ended`);
    }
  }
  return problems;
}

/** The lines that a step prints. */
export function expectedLines(task: string, step: string): string[] {
  return Array.from({ length: LINES }, (_, i) => `${task}.${step} line ${i}`);
}

export { STEPS };
