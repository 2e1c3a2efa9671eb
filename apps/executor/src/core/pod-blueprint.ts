// Everything that a pod is built from.

import type { ResourcePlan, TaskRun, TaskSpec } from '@slipway/contracts';
import type { Delivery } from './entrypoint-delivery.js';
import type { ImageRule } from './images.js';

/** The whole process of an image with these arguments; undefined when nothing is known of it. */
export type CommandOf = (image: string, args: readonly string[], rule: ImageRule) => readonly string[] | undefined;

export interface PodBlueprint {
  taskRun: TaskRun;
  /** Variables replaced, workspaces applied. */
  spec: TaskSpec;
  /** Attempts before this one. */
  attempt: number;
  /** What resources and credentials add; absent when there are none. */
  plan?: ResourcePlan;
  delivery: Delivery;
  nodeName?: string;
  /** Go duration after which the run counts as timed out. */
  timeout: string;
  /** What an image runs when a step names no command. */
  commandOf: CommandOf;
}
