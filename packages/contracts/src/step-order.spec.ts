import { orderSteps, type OrderedStep, type StepOrder } from './step-order.js';

const step = (over: Partial<OrderedStep> = {}): OrderedStep => ({ command: ['run'], args: [], ...over });
const AT_ONCE: StepOrder = { waitForReady: false };

describe('orderSteps', () => {
  it('lets each step wait for the file that the step before posts', () => {
    const lists = orderSteps([step(), step(), step()], AT_ONCE);
    const posted = lists.map((list) => list[list.indexOf('-post_file') + 1]);
    const waited = lists.map((list) =>
      list.includes('-wait_file') ? list[list.indexOf('-wait_file') + 1] : undefined,
    );
    expect(waited).toEqual([undefined, posted[0], posted[1]]);
  });

  it('lets only the first step wait for the pod to be ready', () => {
    const [first, second] = orderSteps([step(), step()], { waitForReady: true });
    expect(first!.slice(0, 3)).toEqual(['-wait_file', '/tekton/downward/ready', '-wait_file_content']);
    expect(second).not.toContain('-wait_file_content');
  });

  it('gives all arguments in the order of the entrypoint of Tekton', () => {
    const full = step({
      command: ['make', '-C', 'src'],
      args: ['all'],
      onError: 'continue',
      timeout: '10s',
      stdoutPath: '/out',
      stderrPath: '/err',
      results: ['digest'],
      when: [{ input: 'a', operator: 'in', values: ['a'] }],
      credentialArgs: ['-ssh-git=k=h'],
    });
    expect(orderSteps([full], { ...AT_ONCE, results: ['x', 'y'] })).toEqual([
      [
        ...['-post_file', '/tekton/run/0/out', '-termination_path', '/tekton/termination'],
        ...['-step_metadata_dir', '/tekton/run/0/status', '-ssh-git=k=h', '-on_error', 'continue', '-timeout', '10s'],
        ...['-stdout_path', '/out', '-stderr_path', '/err', '-step_results', 'digest'],
        ...['--when_expressions', '[{"input":"a","operator":"in","values":["a"]}]', '-results', 'x,y'],
        ...['-entrypoint', 'make', '--', '-C', 'src', 'all'],
      ],
    ]);
  });

  it('names no program where the image says what runs', () => {
    expect(orderSteps([step({ command: [], args: ['-c', 'ls'] })], AT_ONCE)[0]!.slice(-3)).toEqual(['--', '-c', 'ls']);
  });

  it('says that a task has results even where none comes from a file', () => {
    const [list] = orderSteps([step()], { ...AT_ONCE, results: [] });
    expect(list!.slice(list!.indexOf('-results'), list!.indexOf('-results') + 2)).toEqual(['-results', '']);
  });

  it('refuses an onError that nobody knows', () => {
    expect(() => orderSteps([step({ onError: 'ignore' })], AT_ONCE)).toThrow(/"continue" or "stopAndFail".*"ignore"/);
  });
});
