import type { PipelineSpec } from '@slipway/contracts';
import { graphSvg, graphText, layersOf } from './graph-layers.js';

/** spec('build', 'test after build') — one line a task. */
function spec(...lines: string[]): PipelineSpec {
  return {
    tasks: lines.map((line) => {
      const [name, , ...runAfter] = line.split(' ');
      return { name: name!, taskRef: { name: 't' }, runAfter };
    }),
  };
}

test('graphText puts each task below the last that it waits for, and names those', () => {
  const layers = layersOf('p', spec('deploy after app web', 'lint', 'test', 'app after test', 'web after test'));
  expect(graphText(layers)).toEqual([
    '  1  lint',
    '  1  test',
    '  2  app     after test',
    '  2  web     after test',
    '  3  deploy  after app, web',
  ]);
});

test('graphText lists the tasks of finally last', () => {
  const pipeline = { ...spec('a'), finally: [{ name: 'notify', taskRef: { name: 't' } }] };
  expect(graphText(layersOf('p', pipeline))).toEqual(['  1  a', 'finally', '     notify']);
});

const marked: PipelineSpec = {
  tasks: [
    { name: 'release', pipelineRef: { name: 'p' } },
    { name: 'inner', pipelineSpec: {}, matrix: { params: [{ name: 'os', value: ['a', 'b'] }] } },
    { name: 'ask', taskRef: { apiVersion: 'slipway.dev/v1alpha1', kind: 'Approval' }, runAfter: ['release'] },
    { name: 'own', taskSpec: { apiVersion: 'example.dev/v1', kind: 'Wait' }, runAfter: ['release'] },
    { name: 'old', taskRef: { apiVersion: 'tekton.dev/v1beta1', kind: 'Task', name: 't' }, runAfter: ['release'] },
  ],
  finally: [{ name: 'tell', taskRef: { name: 't' }, matrix: { params: [{ name: 'to', value: ['x'] }] } }],
};

test('graphText says which tasks are pipelines, custom tasks and matrices', () => {
  expect(graphText(layersOf('p', marked))).toEqual([
    '  1  release (pipeline)',
    '  1  inner (pipeline, matrix)',
    '  2  ask (custom task)         after release',
    '  2  own (custom task)         after release',
    '  2  old                       after release',
    'finally',
    '     tell (matrix)',
  ]);
});

test('graphSvg draws pipelines, custom tasks and matrices with a thick line, and says why in a title', () => {
  const svg = graphSvg('p', layersOf('p', marked));
  expect(svg.match(/<title>(?!Pipeline p)[^<]+<\/title><rect [^>]*stroke-width="3"/g)).toHaveLength(5);
});

test('layersOf names the circle of tasks that wait for each other', () => {
  expect(() => layersOf('p', spec('a after b', 'b after a'))).toThrow('Pipeline "p" cannot be ordered.');
});

test('graphSvg draws every task once and every edge once, and escapes names', () => {
  const svg = graphSvg('<p>', layersOf('p', spec('a', 'b after a', 'c after a b')));
  expect(svg.match(/<rect /g)).toHaveLength(3);
  expect(svg.match(/marker-end/g)).toHaveLength(3);
  expect(svg).toContain('&#60;p&#62;');
});
