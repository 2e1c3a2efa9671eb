// What the platform is given while it is mistreated, and what must have become of it. Every step writes a line when it
// begins and when it ends to a journal on the node: the journal says whether a step ran twice, was lost or came too early.

export interface Work {
  /** Where it is created: `apis/tekton.dev/v1` and `pipelineruns`. */
  api: string;
  plural: string;
  kind: string;
  name: string;
  spec: object;
  /** Reason of `Succeeded` at its end. */
  reason: string;
  /** Steps that must have run, as they stand in the journal: `task.retry.step`. */
  steps: readonly string[];
  /** Of two steps the first must have ended before the second begins. */
  order: readonly (readonly [earlier: string, later: string])[];
  results?: Record<string, string>;
  /** Cancelled so many milliseconds after it was created. */
  cancel?: { afterMs: number; status: string };
}

export const LINES = 8;
const JOURNAL = '/journal';
const NO_STEPS: readonly string[] = [];

/** All work of one round. `journal` is a folder of the node. */
export function workOf(round: string, journal: string, random: () => number): Work[] {
  return [graphRun(`${round}-graph`, journal, random), ...extras(round, journal, random)];
}

/** A pipeline: a random graph with results, a fanned-out task, one that fails at first, and one at the end. */
function graphRun(name: string, journal: string, random: () => number): Work {
  const after = new Map<string, string[]>();
  for (let i = 0; i < 4; i++) {
    const earlier = [...after.keys()];
    const chosen = earlier.filter(() => random() < 0.5).slice(-2);
    after.set(`t${i}`, chosen);
  }
  const write = writer(name, journal, random);
  const plain = [...after].map(([task, runAfter]) => ({
    name: task,
    ...(runAfter.length === 0 ? {} : { runAfter }),
    taskSpec: write.task(task, ['first', 'second'], { result: `of ${task}` }),
  }));
  const passed = {
    name: 'passed',
    params: [{ name: 'given', value: '$(tasks.t0.results.said)' }],
    taskSpec: {
      params: [{ name: 'given' }],
      ...write.task('passed', ['only'], { result: '$(params.given), passed' }),
    },
  };
  const fanned = {
    name: 'fanned',
    matrix: { params: [{ name: 'which', value: ['x', 'y'] }] },
    taskSpec: { params: [{ name: 'which' }], ...write.task('fanned-$(params.which)', ['only']) },
  };
  const shaky = { name: 'shaky', retries: 1, taskSpec: write.task('shaky', ['only'], { failsFirst: true }) };
  const steps = [
    ...[...after.keys()].flatMap((task) => [`${task}.0.first`, `${task}.0.second`]),
    ...['passed.0.only', 'fanned-x.0.only', 'fanned-y.0.only', 'shaky.0.only', 'shaky.1.only', 'last.0.only'],
  ];
  const order = [...after].flatMap(([task, earlier]) => [
    [`${task}.0.first`, `${task}.0.second`] as const,
    ...earlier.map((one) => [`${one}.0.second`, `${task}.0.first`] as const),
  ]);
  return {
    api: 'apis/tekton.dev/v1',
    plural: 'pipelineruns',
    kind: 'PipelineRun',
    name,
    spec: {
      pipelineSpec: {
        tasks: [...plain, passed, fanned, shaky],
        finally: [{ name: 'last', taskSpec: write.task('last', ['only']) }],
        results: [
          { name: 'said', value: '$(tasks.passed.results.said)' },
          { name: 'end', value: '$(tasks.t3.results.said)' },
        ],
      },
    },
    reason: 'Succeeded',
    steps,
    order: [
      ...order,
      ['t0.0.second', 'passed.0.only'],
      ['shaky.0.only', 'shaky.1.only'],
      ...steps.filter((step) => step !== 'last.0.only').map((step) => [step, 'last.0.only'] as const),
    ],
    results: { said: 'of t0, passed', end: 'of t3' },
  };
}

/** A Build, a run that is cancelled while a step runs, a pipeline that is cancelled at any moment. */
function extras(round: string, journal: string, random: () => number): Work[] {
  const build = writer(`${round}-build`, journal, random).task('build', ['first', 'second'], { isBuild: true });
  const endless = {
    steps: [{ name: 'only', image: 'busybox', script: '#!/bin/sh\ntrap "exit 1" TERM\nsleep 300 & wait' }],
  };
  const afterMs = Math.floor(random() * 8000);
  return [
    {
      api: 'apis/build.knative.dev/v1alpha1',
      plural: 'builds',
      kind: 'Build',
      name: `${round}-build`,
      spec: build,
      reason: '',
      steps: ['build.0.first', 'build.0.second'],
      order: [['build.0.first', 'build.0.second']],
    },
    {
      api: 'apis/tekton.dev/v1',
      plural: 'taskruns',
      kind: 'TaskRun',
      name: `${round}-cancelled`,
      spec: { taskSpec: endless },
      reason: 'TaskRunCancelled',
      steps: NO_STEPS,
      order: [],
      cancel: { afterMs, status: 'TaskRunCancelled' },
    },
    {
      api: 'apis/tekton.dev/v1',
      plural: 'pipelineruns',
      kind: 'PipelineRun',
      name: `${round}-stopped`,
      spec: { pipelineSpec: { tasks: [{ name: 'endless', taskSpec: endless }] } },
      reason: 'Cancelled',
      steps: NO_STEPS,
      order: [],
      cancel: { afterMs: Math.floor(random() * 8000), status: 'Cancelled' },
    },
  ];
}

interface Writing {
  result?: string;
  failsFirst?: boolean;
  /** Knative's steps know no scripts, results and retries. */
  isBuild?: boolean;
}

function writer(
  run: string,
  journal: string,
  random: () => number,
): { task: (task: string, steps: readonly string[], writing?: Writing) => object } {
  const step = (task: string, name: string, isLast: boolean, { result, failsFirst, isBuild }: Writing) => {
    const retry = failsFirst === true ? '$(context.task.retry-count)' : '0';
    const entry = `${task}.${retry}.${name}`;
    const pauseSeconds = (random() * 0.8).toFixed(2);
    const lines = [
      '#!/bin/sh',
      `echo "${entry} begin" >> ${JOURNAL}/${run}`,
      `i=0; while [ $i -lt ${LINES} ]; do echo "${entry} line $i"; i=$((i+1)); [ $i = ${LINES / 2} ] && sleep ${pauseSeconds}; done`,
      `echo "${entry} end" >> ${JOURNAL}/${run}`,
      ...(isLast && result !== undefined ? [`printf %s "${result}" > $(results.said.path)`] : []),
      ...(failsFirst === true ? [`[ "${retry}" != 0 ]`] : []),
    ];
    const script =
      isBuild === true
        ? { command: ['/bin/sh', '-c'], args: [lines.slice(1).join('\n')] }
        : { script: lines.join('\n') };
    return { name, image: 'busybox', ...script, volumeMounts: [{ name: 'journal', mountPath: JOURNAL }] };
  };
  return {
    task: (task, steps, writing = {}) => ({
      ...(writing.result === undefined ? {} : { results: [{ name: 'said' }] }),
      volumes: [{ name: 'journal', hostPath: { path: journal } }],
      steps: steps.map((name, i) => step(task, name, i === steps.length - 1, writing)),
    }),
  };
}

/** What is wrong with the journal of a run; empty when every step ran once, whole, and in its turn. */
export function journalProblems(work: Pick<Work, 'steps' | 'order'>, journal: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const line of journal) count.set(line, (count.get(line) ?? 0) + 1);
  const wanted = new Set(work.steps.flatMap((step) => [`${step} begin`, `${step} end`]));
  const at = (line: string): number => journal.indexOf(line);
  return [
    ...[...wanted].filter((line) => !count.has(line)).map((line) => `"${line}" is missing`),
    ...[...count].filter(([, times]) => times > 1).map(([line, times]) => `"${line}" stands ${times} times`),
    ...[...count.keys()].filter((line) => !wanted.has(line)).map((line) => `"${line}" is nobody's`),
    ...work.order
      .filter(([earlier, later]) => at(`${earlier} end`) > at(`${later} begin`))
      .map(([earlier, later]) => `${later} began before ${earlier} had ended`),
  ];
}

/** The lines that a step prints, by the entry it has in the journal. */
export function expectedLines(entry: string): string[] {
  return Array.from({ length: LINES }, (_, i) => `${entry} line ${i}`);
}
