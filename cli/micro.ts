/** `micro`: the debugger of the micro-controller inside a device. */
import { Command } from 'commander';
import { LabError, unknownName } from '#bus/errors.ts';
import type {
  BreakpointView,
  CellView,
  CodeSymbol,
  DisassemblyLine,
  MemorySpace,
  MicroMemory,
  MicroProfile,
  MicroView,
} from '#bus/micro-view.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import {
  printBreakpoints,
  printCells,
  printDisassembly,
  printMemory,
  printProfile,
  printRegisters,
  stateLine,
} from './micro-print.ts';
import { type BreakOptions, oneOf, readSymbols, seconds, wholeNumber, wish, word } from './micro-words.ts';
import { hex, print, printJson, printTable } from './print.ts';

/** Speed is measured between two looks this far apart. */
const SPEED_MS = 250;

interface Options extends LabOptions {
  readonly symbols?: string;
}

/** The words after the device are a command line of their own. */
export const addMicro = (program: Command): void => {
  program
    .command('micro')
    .description('debug the 8051 inside a device: registers, disassembly, memory, breakpoints, steps, profile')
    .usage('<device> [command] [options]')
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .addHelpCommand(false)
    .action(async (words: string[]) => {
      const [device, ...rest] = words;
      if (device === undefined) throw new LabError('EINVAL', 'micro takes a device: ferrolab micro phy0');
      if (device.startsWith('-') && !HELP.includes(device))
        throw new LabError('EINVAL', `micro takes a device first, then options: ferrolab micro phy0 ${device}`);
      const commands = microCommands(HELP.includes(device) ? '<device>' : device);
      const names = commands.commands.map((command) => command.name());
      const [first = ''] = rest;
      if (first !== '' && !first.startsWith('-') && !names.includes(first))
        throw unknownName('command of micro', first, names, 'EINVAL');
      await commands.parseAsync(HELP.includes(device) ? ['--help'] : rest, { from: 'user' });
    });
};

const HELP = ['--help', '-h'];

const microCommands = (device: string): Command => {
  const path = `/devices/${encodeURIComponent(device)}/micro`;
  const root = new Command(`ferrolab micro ${device}`)
    .description('The debugger of the 8051; without a command: where it stands.')
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error:/, 'ferrolab:')
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .addHelpText(
      'after',
      `\nExample: ferrolab micro phy0 break main\n         ferrolab micro phy0 break UC_STATUS --xdata --on write --value 70h`,
    );

  /** Adds one command; its lab has the names of `--symbols` first. */
  const add = (words: string, description: string, example: string): Command =>
    withLab(root.command(words))
      .description(description)
      .option('--symbols <file>', 'names of code addresses: the .map, .rst or .cdb that sdcc wrote')
      .addHelpText('after', `\nExample: ferrolab micro phy0 ${example}`);
  const labOf = async (options: Options): Promise<LabHttp> => {
    const lab = new LabHttp(options);
    if (options.symbols !== undefined) await lab.put(`${path}/symbols`, readSymbols(options.symbols));
    return lab;
  };
  const tell = async (lab: LabHttp, view: MicroView, options: Options): Promise<void> => {
    if (options.json) return printJson(view);
    print(stateLine(view));
    if (view.state !== 'halted') return;
    printRegisters(view);
    const lines = await lab.get<readonly DisassemblyLine[]>(`${path}/disassembly?before=3&count=10`);
    printDisassembly(lines, view.registers.pc, view.breakpoints);
  };
  /** Two looks, so that there is a speed. */
  const look = async (lab: LabHttp): Promise<MicroView> => {
    const first = await lab.get<MicroView>(path);
    if (first.state !== 'running' || first.speed !== null) return first;
    await new Promise((wake) => setTimeout(wake, SPEED_MS));
    return lab.get<MicroView>(path);
  };

  const shown = async (options: Options): Promise<void> => {
    const lab = await labOf(options);
    const view = await look(lab);
    if (options.json) return printJson(view);
    await tell(lab, view, options);
    if (view.state !== 'halted') printRegisters(view);
    for (const { kind, pc, count } of view.missteps) print(`misstep: ${kind} at ${hex(pc)}, ${count} times`);
    if (view.breakpoints.length > 0) printBreakpoints(view.breakpoints);
  };
  withLab(root)
    .option('--symbols <file>', 'names of code addresses: the .map, .rst or .cdb that sdcc wrote')
    .action(shown);
  add('regs', 'registers, cycles and speed', 'regs').action(async (options: Options) => {
    const view = await look(await labOf(options));
    if (options.json) return printJson(view.registers);
    printRegisters(view);
  });
  add('disasm [where]', 'disassembly from a place, or around PC', 'disasm main --count 20')
    .option('--count <lines>', 'instructions', wholeNumber(1, 512), 20)
    .action(async (where: string | undefined, options: Options & { count: number }) => {
      const lab = await labOf(options);
      const at = where === undefined ? 'before=5' : `at=${encodeURIComponent(where)}`;
      const lines = await lab.get<readonly DisassemblyLine[]>(`${path}/disassembly?${at}&count=${options.count}`);
      if (options.json) return printJson(lines);
      const view = await lab.get<MicroView>(path);
      printDisassembly(lines, view.registers.pc, view.breakpoints);
    });

  for (const [space, what, example] of MEMORIES)
    add(`${space} [at] [length]`, what, example).action(
      async (at: string | undefined, length: string | undefined, options: Options) => {
        const asked = new URLSearchParams({ space });
        if (at !== undefined) asked.set('at', at);
        if (length !== undefined) asked.set('length', String(wholeNumber(1, 4096)(length)));
        const memory = await (await labOf(options)).get<MicroMemory>(`${path}/memory?${asked}`);
        if (options.json) return printJson(memory);
        printMemory(memory);
      },
    );
  add('cells', 'the named cells of XDATA, decoded', 'cells').action(async (options: Options) => {
    const cells = await (await labOf(options)).get<readonly CellView[]>(`${path}/cells`);
    if (options.json) return printJson(cells);
    printCells(cells);
  });

  add('break [where]', 'stop before code, or after an access; without a place: list', 'break reg_write')
    .option('--xdata', 'the place is in XDATA: a cell such as UC_STATUS, or 07FDh')
    .option('--register', 'the place is a register of the chip, such as 1.C300h')
    .option('--on <access>', 'read, write or access', oneOf('read', 'write', 'access'))
    .option('--value <value>', 'only this value stops', word)
    .action(async (where: string | undefined, options: Options & BreakOptions) => {
      const lab = await labOf(options);
      const breakpoints =
        where === undefined
          ? (await lab.get<MicroView>(path)).breakpoints
          : await lab.post<readonly BreakpointView[]>(`${path}/breakpoints`, wish(where, options));
      if (options.json) return printJson(breakpoints);
      printBreakpoints(breakpoints);
    });
  add('delete <id>', 'delete a breakpoint, or `all`', 'delete 1').action(async (id: string, options: Options) => {
    const which = id === 'all' ? '' : `/${wholeNumber(1, 1e9)(id)}`;
    const left = await (await labOf(options)).delete<readonly BreakpointView[]>(`${path}/breakpoints${which}`);
    if (options.json) return printJson(left);
    printBreakpoints(left);
  });

  add('halt', 'stand still; the host’s registers answer, the heartbeat stops', 'halt --limit 3600')
    .option('--limit <seconds>', 'run again by itself after this long without a command', seconds)
    .action(async (options: Options & { limit?: number }) => {
      const lab = await labOf(options);
      const limit = options.limit === undefined ? {} : { limitS: options.limit };
      await tell(lab, await lab.post<MicroView>(`${path}/halt`, limit), options);
    });
  add('step [count]', 'execute one instruction, or so many', 'step 10').action(
    async (count: string | undefined, options: Options) => {
      const lab = await labOf(options);
      const steps = { count: count === undefined ? 1 : wholeNumber(1, 100_000)(count) };
      await tell(lab, await lab.post<MicroView>(`${path}/step`, steps), options);
    },
  );
  const goOn = (words: string, verb: string, description: string, waitS: number): void =>
    void add(words, description, words === verb ? `${verb} --wait 10` : `${verb} main`)
      .option('--wait <seconds>', 'for it to stand still', seconds, waitS)
      .action(async (...given: unknown[]) => {
        const options = given.at(-2) as Options & { wait: number }; // commander: arguments, options, command
        const at = words === verb ? {} : { at: given[0] };
        const lab = await labOf(options);
        const waitMs = Math.min(30_000, Math.round(options.wait * 1000));
        const view = await lab.post<MicroView>(`${path}/${verb}`, { ...at, waitMs });
        await tell(lab, view, options);
      });
  goOn('continue', 'continue', 'go on until something stops it', 0);
  goOn('next', 'next', 'one instruction; a call with all that it calls', 5);
  goOn('until <where>', 'until', 'go on to a place', 5);

  add('profile [seconds]', 'count where the time goes, for so long (default 1)', 'profile 5').action(
    async (time: string | undefined, options: Options) => {
      const lab = await labOf(options);
      const { clockHz } = await lab.get<MicroView>(path);
      await lab.put(`${path}/profile`, { running: true });
      try {
        await new Promise((wake) => setTimeout(wake, 1000 * (time === undefined ? 1 : seconds(time))));
      } finally {
        await lab.put(`${path}/profile`, { running: false });
      }
      const profile = await lab.get<MicroProfile>(`${path}/profile?limit=12`);
      if (options.json) return printJson(profile);
      printProfile(profile, clockHz);
    },
  );
  add('symbols [file]', 'names of code addresses; with a file: take these', 'symbols build/my.map')
    .option('--forget', 'go back to the map beside the image')
    .action(async (file: string | undefined, options: Options & { forget?: boolean }) => {
      const lab = await labOf(options);
      const given = options.forget ? { file: '', symbols: [] } : file === undefined ? undefined : readSymbols(file);
      const symbols =
        given === undefined
          ? await lab.get<readonly CodeSymbol[]>(`${path}/symbols`)
          : await lab.put<readonly CodeSymbol[]>(`${path}/symbols`, given);
      if (options.json) return printJson(symbols);
      printTable(
        ['AT', 'NAME'],
        symbols.map(({ at, name }) => [hex(at), name]),
      );
    });
  return root;
};

const MEMORIES: readonly (readonly [space: MemorySpace, what: string, example: string])[] = [
  ['idata', 'internal RAM and stack', 'idata 20h 16'],
  ['sfr', 'special function registers', 'sfr'],
  ['xdata', 'external data: what the host sees at 3.D000h, and the peripherals', 'xdata UC_STATUS 1'],
  ['code', 'program memory', 'code 0A00h 24'],
];
