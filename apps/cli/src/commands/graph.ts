import { existsSync } from 'node:fs';
import {
  PIPELINES,
  SlipwayError,
  resourceKind,
  type KubeObject,
  type Pipeline,
  type PipelineRun,
  type PipelineSpec,
} from '@slipway/contracts';
import { ApiClient } from '../api/client.js';
import { findRun } from '../api/find-run.js';
import { findAccess, type Target } from '../api/kubeconfig.js';
import { objectPath } from '../api/paths.js';
import type { CliConfig } from '../config.js';
import { graphSvg, graphText, layersOf } from '../core/graph-layers.js';
import { EXIT } from '../exit-code.js';
import { readSources } from '../input/sources.js';
import type { Terminal } from '../terminal.js';

export interface GraphOptions extends Target {
  format: 'text' | 'svg';
}

interface Drawable {
  name: string;
  spec: PipelineSpec;
}

/** `slipway graph FILE|NAME`: which task follows which, of a file, a PipelineRun or a Pipeline. */
export async function graph(
  args: string[],
  options: GraphOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const [given = ''] = args;
  const isPath = given === '-' || existsSync(given) || /[./]ya?ml$|\.json$/.test(given);
  const pipelines = isPath ? await ofFiles(given, terminal) : [await ofPlatform(given, options, config)];
  if (options.format === 'svg') {
    const [first, ...others] = pipelines;
    if (others.length > 0) terminal.err(`note: ${given} has ${pipelines.length} pipelines; this is "${first!.name}"\n`);
    terminal.out(`${graphSvg(first!.name, layersOf(first!.name, first!.spec))}\n`);
    return EXIT.succeeded;
  }
  pipelines.forEach(({ name, spec }, index) => {
    if (pipelines.length > 1) terminal.out(`${index === 0 ? '' : '\n'}${name}\n`);
    for (const line of graphText(layersOf(name, spec))) terminal.out(`${line}\n`);
  });
  return EXIT.succeeded;
}

async function ofFiles(path: string, terminal: Terminal): Promise<Drawable[]> {
  const found = (await readSources([path], terminal.stdin)).flatMap(({ object }) => drawable(object));
  if (found.length > 0) return found;
  throw new SlipwayError('invalid', 'NoPipeline', `${path} has no Pipeline and no PipelineRun with a pipelineSpec.`);
}

function drawable(object: KubeObject): Drawable[] {
  const name = object.metadata.name || (object.metadata.generateName ?? '');
  if (object.kind === 'Pipeline') return [{ name, spec: (object as Pipeline).spec ?? {} }];
  const inline = object.kind === 'PipelineRun' ? (object as PipelineRun).spec?.pipelineSpec : undefined;
  return inline === undefined ? [] : [{ name, spec: inline }];
}

async function ofPlatform(name: string, options: GraphOptions, config: CliConfig): Promise<Drawable> {
  const client = new ApiClient(await findAccess(options, config));
  try {
    const pipeline = await client.call<Pipeline>(
      objectPath(resourceKind(PIPELINES)!, 'v1', client.access.namespace, name.replace(/^pipelines?\//, '')),
    );
    return { name, spec: pipeline.spec };
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || thrown.kind !== 'not-found') throw thrown;
  }
  const { run } = await findRun(client, name);
  const { status, spec } = run as PipelineRun;
  const pipelineSpec = status?.pipelineSpec ?? spec.pipelineSpec;
  if (pipelineSpec !== undefined) return { name, spec: pipelineSpec };
  throw new SlipwayError('invalid', 'NoPipeline', `${run.kind} "${name}" has no pipeline to draw yet.`);
}
