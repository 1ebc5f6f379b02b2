/** The `ferrolab` command line: reads arguments, calls one command, turns the end into an exit code. */
import { Command, CommanderError } from 'commander';
import { asLabError } from '#bus/errors.ts';
import { addBlockCommands } from './block.ts';
import { addBreakCommands } from './break.ts';
import { addBusFault } from './bus-fault.ts';
import { addCoverage } from './coverage.ts';
import { addDeviceCommands } from './devices.ts';
import { addDiff } from './diff.ts';
import { addDoctor } from './doctor.ts';
import { addEdid } from './edid.ts';
import { ExitCode, exitCodeOf, version } from './exit.ts';
import { addExport } from './export.ts';
import { addFaultCommands } from './faults.ts';
import { addFuzz } from './fuzz.ts';
import { addMicro } from './micro.ts';
import { addModuleCommands } from './modules.ts';
import { addOpen } from './open.ts';
import { addPanic } from './panic.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addScreenshot } from './screenshot.ts';
import { addSnapshotCommands } from './snapshot.ts';
import { addTime } from './time.ts';
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
addBusFault(program);
addBreakCommands(program);
addBlockCommands(program);
addScreenshot(program);
addPanic(program);
addEdid(program);
addMicro(program);
addTime(program);
addTrace(program);
addRecord(program);
addOpen(program);
addExport(program);
addDiff(program);
addReplay(program);
addSnapshotCommands(program);
addCoverage(program);
addFuzz(program);
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
