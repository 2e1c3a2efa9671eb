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

test('layersOf names the circle of tasks that wait for each other', () => {
  expect(() => layersOf('p', spec('a after b', 'b after a'))).toThrow('Pipeline "p" cannot be ordered.');
});

test('graphSvg draws every task once and every edge once, and escapes names', () => {
  const svg = graphSvg('<p>', layersOf('p', spec('a', 'b after a', 'c after a b')));
  expect(svg.match(/<rect /g)).toHaveLength(3);
  expect(svg.match(/marker-end/g)).toHaveLength(3);
  expect(svg).toContain('&#60;p&#62;');
});
