// The grammar of the command line.

import { Argument, Command, CommanderError, Option } from 'commander';
import type { CliConfig } from './config.js';
import { DECISIONS } from './core/debug-decision.js';
import { EXIT } from './exit-code.js';
import { reportError } from './report-error.js';
import type { Terminal } from './terminal.js';

/** Runs one command line and returns its exit code; prints its own errors. */
export async function runProgram(argv: readonly string[], config: CliConfig, terminal: Terminal): Promise<number> {
  let code: number = EXIT.succeeded;
  const program = new Command('slipway')
    .description('Runs CI/CD pipelines written for Tekton, on this machine or on a platform.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showHelpAfterError('(slipway --help lists the commands)')
    .helpCommand(false);
  // Each command's options are as its grammar below says; commander has checked them.
  const does = <O>(act: (args: string[], options: O) => Promise<number>) => {
    return async (...all: unknown[]): Promise<void> => {
      const command = all.at(-1) as Command;
      code = await act(command.args, command.optsWithGlobals<O & object>());
    };
  };

  connected(program.command('run'), 'run on the platform of this kubeconfig, not on one of its own')
    .argument('<path...>', 'YAML or JSON files, folders, or - for standard input')
    .description('apply the files and follow every run that they create until it ends')
    .option('--data <dir>', 'keep everything of the run in this folder instead of a temporary one')
    .option('--image <name=folder>', 'use this folder as the root file system of an image (repeatable)', collect, [])
    .option('--images <file>', 'file of such stand-ins for images')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(
      does(async (args, options) => (await import('./commands/run.js')).run(args, options as never, config, terminal)),
    );

  program
    .command('up')
    .description('start the platform on this machine and keep it running; writes a kubeconfig')
    .option('--port <port>', 'port of the API; 0: a free one, which the kubeconfig names', '8443')
    .option('--host <address>', 'address the API listens on', '127.0.0.1')
    .option('--data <dir>', `folder of everything that is kept (default: ${config.dataDir})`)
    .option('--database <url>', 'postgres://… instead of the SQLite file in the data folder')
    .option('--images <file>', 'file of stand-ins for images')
    .addOption(
      new Option('--runtime <name>', 'what runs pods: this machine, the cluster of $KUBECONFIG, or nothing')
        .choices(['process', 'kubernetes', 'faked'])
        .default('process'),
    )
    .action(does(async (_args, options) => (await import('./commands/up.js')).up(options as never, config, terminal)));

  connected(program.command('logs'))
    .argument('<name>', 'PipelineRun, TaskRun or Build')
    .argument('[task]', 'only this task of the pipeline')
    .argument('[step]', 'only this step')
    .description('print the log of a run')
    .option('-f, --follow', 'go on until the run has ended')
    .option('--timestamps', 'print the time of each line')
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/logs.js')).logs(args, options as never, config, terminal),
      ),
    );

  connected(program.command('describe'))
    .argument('<name>', 'PipelineRun, TaskRun or Build')
    .description('show tasks, steps and times of a run, and why something waits or was skipped')
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/describe.js')).describe(args, options as never, config, terminal),
      ),
    );

  connected(program.command('graph'))
    .argument('<path|name>', 'file with a Pipeline, or the name of a PipelineRun or Pipeline')
    .description('show which task follows which')
    .addOption(new Option('--format <format>', 'how').choices(['text', 'svg']).default('text'))
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/graph.js')).graph(args, options as never, config, terminal),
      ),
    );

  program
    .command('lint')
    .argument('<path...>', 'YAML or JSON files, folders, or - for standard input')
    .description('name the params that go into shell scripts unquoted')
    .option('--strict', 'also those in quotes, which a hostile value can end')
    .action(does(async (args, options) => (await import('./commands/lint.js')).lint(args, options as never, terminal)));

  program
    .command('convert')
    .argument('<path...>', 'YAML or JSON files, folders, or - for standard input')
    .description('rewrite Builds, templates and older versions of Tekton as tekton.dev/v1, keeping comments')
    .option('-o, --output <dir>', 'write the files into this folder instead of printing them')
    .option('--in-place', 'write the files where they are')
    .option('--shared-namespace <name>', 'namespace of what was for the whole cluster', 'default')
    .action(
      does(async (args, options) => (await import('./commands/convert.js')).convert(args, options as never, terminal)),
    );

  connected(program.command('cancel'))
    .argument('<name>', 'PipelineRun, TaskRun or Build')
    .description('stop a run')
    .addOption(
      new Option(
        '--mode <mode>',
        'now: stop all; finally: stop all and run finally; after: let what runs end, then finally',
      )
        .choices(['now', 'finally', 'after'])
        .default('now'),
    )
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/cancel.js')).cancel(args, options as never, config, terminal),
      ),
    );

  connected(program.command('debug'))
    .addArgument(new Argument('<decision>', 'what the step is to do').choices(DECISIONS))
    .argument('<taskrun>', 'TaskRun with breakpoints')
    .argument('<step>', 'step that waits')
    .description('let a step go on that waits at a breakpoint')
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/debug.js')).debug(args, options as never, config, terminal),
      ),
    );

  connected(program.command('rerun'))
    .argument('<run>', 'PipelineRun that is to run once more')
    .description('run a PipelineRun again, and follow it until it ends')
    .option('--failed', 'only what did not succeed, and what follows it; the rest is taken over with its results')
    .option('--param <name=value>', 'another value for a param (repeatable)', collect, [])
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (args, options) =>
        (await import('./commands/rerun.js')).rerun(args, options as never, config, terminal),
      ),
    );

  connected(program.command('approvals'))
    .description('show what waits for approval')
    .option('--data <dir>', 'data folder of the platform')
    .action(
      does(async (_args, options) =>
        (await import('./commands/approvals.js')).approvals(options as never, config, terminal),
      ),
    );

  for (const decision of ['approve', 'reject'] as const) {
    connected(program.command(decision))
      .argument('<run>', 'PipelineRun that waits for approval')
      .argument('[task]', 'its task, where several wait')
      .description(decision === 'approve' ? 'say yes to what a run asks' : 'say no: the run fails')
      .option('-m, --message <text>', 'why')
      .option('--data <dir>', 'data folder of the platform')
      .action(
        does(async (args, options) =>
          (await import('./commands/approvals.js')).decide(decision, args, options as never, config, terminal),
        ),
      );
  }

  for (const name of ['backup', 'restore'] as const) {
    program
      .command(name)
      .argument('<file>', 'the backup')
      .description(
        name === 'backup'
          ? 'write all objects and log lines of a platform into one file, while it runs'
          : 'bring a backup back to an empty platform that does not run',
      )
      .option(
        '--data <dir>',
        `data folder of the platform (default: what DATABASE and LOGS_DATA name, else ${config.dataDir})`,
      )
      .action(
        does(async ([file], options) =>
          (await import('./commands/backup.js'))[name](file!, options as never, config, terminal),
        ),
      );
  }

  program
    .command('version')
    .description('print the version')
    .action(does(async () => (await import('./commands/version.js')).version(config, terminal)));

  program
    .command('environment', { hidden: true })
    .option('--port <port>', 'port of the API', '8443')
    .option('--host <address>', 'address the API listens on', '127.0.0.1')
    .option('--data <dir>', 'data folder')
    .option('--database <url>', 'postgres://…')
    .option('--images <file>', 'file of stand-ins for images')
    .option('--nats-url <url>', 'nats://…', 'nats://127.0.0.1:4222')
    .action(
      does(async (_args, options) =>
        (await import('./commands/environment.js')).environment(options as never, config, terminal),
      ),
    );

  try {
    // Help is asked of a command, and of nothing else: without this, that of `slipway` answers for a misspelt one.
    const [, , name = '-'] = argv;
    const isOne = name.startsWith('-') || program.commands.some((command) => command.name() === name);
    await program.parseAsync(isOne ? [...argv] : argv.slice(0, 3));
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.succeeded : EXIT.badInput;
    return reportError(thrown, terminal);
  }
}

/** Options of the commands that talk to a platform. */
function connected(
  command: Command,
  kubeconfig = 'kubeconfig of a running platform (default: $KUBECONFIG, then that of `slipway up`)',
): Command {
  return command
    .option('--server <url>', 'API server of a running platform')
    .option('--kubeconfig <file>', kubeconfig)
    .option('--token <token>', 'token for --server; better in a kubeconfig')
    .option('-n, --namespace <name>', 'namespace of objects that name none');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
