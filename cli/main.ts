/** The `ferrolab` command line: reads arguments, calls one command, turns the end into an exit code. */
import { Command, CommanderError } from 'commander';
import { asLabError } from '#bus/errors.ts';
import { addBlockCommands } from './block.ts';
import { addDeviceCommands } from './devices.ts';
import { addDoctor } from './doctor.ts';
import { ExitCode, exitCodeOf, version } from './exit.ts';
import { addFaultCommands } from './faults.ts';
import { addMicro } from './micro.ts';
import { addModuleCommands } from './modules.ts';
import { addRun } from './run.ts';
import { addTrace } from './trace.ts';
import { addUp } from './up.ts';

const program = new Command('ferrolab')
  .description('A hardware-in-the-loop virtual device lab.')
  .version(version())
  .showHelpAfterError('(--help says more)')
  .showSuggestionAfterError()
  .exitOverride();

addUp(program);
addRun(program);
addModuleCommands(program);
addDeviceCommands(program);
addFaultCommands(program);
addBlockCommands(program);
addMicro(program);
addTrace(program);
addDoctor(program);

// A reader that closes early (`ferrolab dmesg | head`) ends the command, it is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? ExitCode.pass : ExitCode.labFailed),
);

try {
  if (process.argv.length <= 2) program.help();
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? ExitCode.pass : ExitCode.badInput;
  else {
    const error = asLabError(thrown);
    process.stderr.write(`ferrolab: ${error.message} (${error.code})\n`);
    process.exitCode = exitCodeOf(error);
  }
}
