// Where everything of the runtime lies below its state folder. Container and volume names are DNS labels, uids are
// checked: none can lead elsewhere.
//
//   pods/<uid>/pod.json          the pod as asked                 pods/<uid>/c/<container>/state
//   pods/<uid>/waiting.json      why it cannot start yet          pods/<uid>/c/<container>/log
//   pods/<uid>/refused.json      why it never will                pods/<uid>/c/<container>/termination
//   pods/<uid>/images.json       digests of its images         pods/<uid>/c/<container>/root.new/ on its way to root/
//   pods/<uid>/plan              what the supervisor does         pods/<uid>/c/<container>/arguments, etc/, root/
//   pods/<uid>/launched          the supervisor has begun         pods/<uid>/volumes/<name>/
//   pods/<uid>/control           fifo of the living supervisor    claims/<namespace>/<uid>/
//   changed/<uid>                touched when a state changes     holder      fifo that the executor holds open
//   support/<version>/           see makeSupportFolder            trash/      on its way out

import { SlipwayError } from '@slipway/contracts';
import { join } from 'node:path';

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** A name that may be part of a path. Throws SlipwayError('invalid') for anything else. */
export function safeName(name: string): string {
  if (!SAFE_NAME.test(name) || name.includes('..')) {
    throw new SlipwayError('invalid', 'BadName', `"${name}" cannot be the name of something in a pod.`);
  }
  return name;
}

export class StateFolder {
  constructor(readonly path: string) {}

  readonly pods = (): string => join(this.path, 'pods');
  readonly claims = (): string => join(this.path, 'claims');
  readonly trash = (): string => join(this.path, 'trash');
  readonly changed = (): string => join(this.path, 'changed');
  readonly support = (): string => join(this.path, 'support');
  readonly holder = (): string => join(this.path, 'holder');
  readonly claim = (namespace: string, uid: string): string => join(this.claims(), safeName(namespace), safeName(uid));
  readonly pod = (uid: string): PodFolder => new PodFolder(join(this.pods(), safeName(uid)));
}

export class PodFolder {
  constructor(readonly path: string) {}

  readonly file = (
    name:
      | 'pod.json'
      | 'waiting.json'
      | 'refused.json'
      | 'images.json'
      | 'plan'
      | 'launched'
      | 'lock'
      | 'cgroup'
      | 'control'
      | 'supervisor.log'
      | 'deadline',
  ): string => join(this.path, name);
  readonly volume = (name: string): string => join(this.path, 'volumes', safeName(name));
  readonly container = (
    name: string,
    file: '' | 'state' | 'log' | 'termination' | 'arguments' | 'etc' | 'root' = '',
  ): string => join(this.path, 'c', safeName(name), file);
}
