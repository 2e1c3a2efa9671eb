// kubectl as a user has it: the only way in which the conformance files reach the platform.

import { execFile } from 'node:child_process';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export class Kubectl {
  constructor(private readonly kubeconfig: string) {}

  /** Of a whole command line. */
  args(args: readonly string[]): string[] {
    return ['--kubeconfig', this.kubeconfig, ...args];
  }

  run(args: readonly string[], input?: string): Promise<Output> {
    return new Promise((resolve) => {
      const child = execFile('kubectl', this.args(args), { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  /** @throws Error with what kubectl printed when it fails. */
  async json<T>(args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '-o', 'json']);
    if (code !== 0) throw new Error(stderr.trim());
    return JSON.parse(stdout) as T;
  }
}
