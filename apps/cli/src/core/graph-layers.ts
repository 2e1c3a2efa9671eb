// A pipeline's graph, in layers: each task one layer below the last that it waits for. Pure.

import { SlipwayError, buildGraph, isCustomTask, type PipelineSpec, type PipelineTask } from '@slipway/contracts';

export interface Layers {
  /** Task names, top layer first; within a layer, near what they follow. */
  layers: string[][];
  parents: ReadonlyMap<string, readonly string[]>;
  finally: string[];
  /** What is more than one run of a Task: `pipeline`, `custom task`, `matrix`. Nothing of ordinary tasks. */
  marks: ReadonlyMap<string, string>;
}

/** Throws `invalid` when the tasks have no order, with the cycle or the missing task. */
export function layersOf(name: string, spec: PipelineSpec): Layers {
  const { order, parents, problems } = buildGraph(spec.tasks ?? []);
  if (problems.length > 0) {
    throw new SlipwayError('invalid', 'NoOrder', `Pipeline "${name}" cannot be ordered.`, {
      problems: problems.map((problem) => ({
        field: `spec.tasks (${problem.task})`,
        reason: 'FieldValueInvalid',
        message:
          problem.kind === 'cycle'
            ? `these wait for each other in a circle: ${[...problem.cycle, problem.cycle[0]].join(' → ')}`
            : problem.message,
      })),
    });
  }
  const depth = new Map<string, number>();
  const layers: string[][] = [];
  for (const task of order) {
    const layer = Math.max(-1, ...(parents.get(task) ?? []).map((parent) => depth.get(parent) ?? 0)) + 1;
    depth.set(task, layer);
    (layers[layer] ??= []).push(task);
  }
  settle(layers, parents);
  const last = spec.finally ?? [];
  const marks = new Map([...(spec.tasks ?? []), ...last].flatMap((task) => marked(task)));
  return { layers, parents, finally: last.map((task) => task.name), marks };
}

function marked({ name, pipelineRef, pipelineSpec, taskRef, taskSpec, matrix }: PipelineTask): [string, string][] {
  const words = [
    ...(pipelineRef === undefined && pipelineSpec === undefined ? [] : ['pipeline']),
    ...(isCustomTask(taskRef) || isCustomTask(taskSpec) ? ['custom task'] : []),
    ...(matrix === undefined ? [] : ['matrix']),
  ];
  return words.length === 0 ? [] : [[name, words.join(', ')]];
}

/** Each layer by the middle of what it follows, ties in the pipeline's order: most edges then do not cross. */
function settle(layers: string[][], parents: ReadonlyMap<string, readonly string[]>): void {
  const column = new Map<string, number>();
  for (const layer of layers) {
    const middle = new Map(
      layer.map((task, i) => {
        const above = (parents.get(task) ?? []).map((parent) => column.get(parent) ?? 0);
        return [task, above.length === 0 ? i : above.reduce((sum, at) => sum + at, 0) / above.length];
      }),
    );
    layer.sort((one, other) => (middle.get(one) ?? 0) - (middle.get(other) ?? 0));
    layer.forEach((task, i) => column.set(task, i - (layer.length - 1) / 2));
  }
}

/** One line a task: its layer, its name with what it is in brackets, and what it follows. */
export function graphText({ layers, parents, finally: last, marks }: Layers): string[] {
  const shown = (task: string): string => `${task}${marks.has(task) ? ` (${marks.get(task)})` : ''}`;
  const width = Math.max(0, ...layers.flat().map((task) => shown(task).length));
  const lines = layers.flatMap((layer, index) =>
    layer.map((task) => {
      const after = parents.get(task) ?? [];
      return `${String(index + 1).padStart(3)}  ${shown(task).padEnd(width)}${after.length === 0 ? '' : `  after ${after.join(', ')}`}`.trimEnd();
    }),
  );
  return [...lines, ...(last.length === 0 ? [] : ['finally']), ...last.map((task) => `     ${shown(task)}`)];
}

const BOX = { height: 32, gapX: 24, gapY: 40, margin: 16, perLetter: 8, padding: 24, least: 72 };

/** The graph as an SVG of its own, readable on light and dark pages. */
export function graphSvg(name: string, { layers, parents, finally: last, marks }: Layers): string {
  const rows = last.length === 0 ? layers : [...layers, last];
  const widthOf = (task: string): number => Math.max(BOX.least, task.length * BOX.perLetter + BOX.padding);
  const rowWidth = (row: readonly string[]): number =>
    row.reduce((sum, task) => sum + widthOf(task) + BOX.gapX, -BOX.gapX);
  const width = Math.max(BOX.least, ...rows.map(rowWidth)) + 2 * BOX.margin;
  const height = rows.length * (BOX.height + BOX.gapY) - BOX.gapY + 2 * BOX.margin;
  const at = new Map<string, { x: number; y: number }>();
  const boxes: string[] = [];
  rows.forEach((row, level) => {
    let x = (width - rowWidth(row)) / 2;
    const y = BOX.margin + level * (BOX.height + BOX.gapY);
    const isFinally = last.length > 0 && level === rows.length - 1;
    for (const task of row) {
      const w = widthOf(task);
      if (!isFinally) at.set(task, { x: x + w / 2, y });
      const mark = marks.get(task);
      boxes.push(
        `<g${isFinally ? ' class="finally"' : ''}>${mark === undefined ? '' : `<title>${escapeXml(mark)}</title>`}<rect x="${x}" y="${y}" width="${w}" height="${BOX.height}" rx="6"${mark === undefined ? '' : ' stroke-width="3"'}/>` +
          `<text x="${x + w / 2}" y="${y + BOX.height / 2}">${escapeXml(task)}</text></g>`,
      );
      x += w + BOX.gapX;
    }
  });
  const edges = [...parents].flatMap(([task, above]) =>
    above.map((parent) => {
      const from = at.get(parent)!;
      const to = at.get(task)!;
      const [y1, y2] = [from.y + BOX.height, to.y];
      const bend = (y2 - y1) / 2;
      return `<path d="M${from.x} ${y1}C${from.x} ${y1 + bend} ${to.x} ${y2 - bend} ${to.x} ${y2}" marker-end="url(#tip)"/>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>Pipeline ${escapeXml(name)}</title>`,
    '<style>rect{fill:#fff;stroke:#57606a}text{font:13px ui-monospace,monospace;fill:#1f2328;text-anchor:middle;dominant-baseline:central}' +
      'path{fill:none;stroke:#57606a}marker path{fill:#57606a;stroke:none}.finally rect{stroke-dasharray:4 3}' +
      '@media(prefers-color-scheme:dark){rect{fill:#161b22;stroke:#8b949e}text{fill:#e6edf3}path{stroke:#8b949e}marker path{fill:#8b949e}}</style>',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...edges,
    ...boxes,
    '</svg>',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
