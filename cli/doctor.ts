/** `doctor`: looks at this machine and says what works, what is missing, what to do. */
import { accessSync, constants, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { FIRMWARE_DIRS, WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  readonly todo?: string;
}

export const addDoctor = (program: Command): void => {
  withLab(program.command('doctor'))
    .description('check this machine and the lab')
    .addHelpText('after', '\nExample: ferrolab doctor')
    .action(async (options: LabOptions) => {
      const findings = [nodeVersion(), dashboard(), ...FIRMWARE_DIRS.map(folder), ...(await lab(options))];
      if (options.json) printJson(findings);
      else
        for (const { ok, what, found, todo } of findings)
          print(`${ok ? 'ok  ' : 'MISS'} ${what}: ${found}${ok || todo === undefined ? '' : `. ${todo}`}`);
      if (findings.some(({ ok }) => !ok)) process.exitCode = 2;
    });
};

const nodeVersion = (): Finding => ({
  what: 'Node',
  ok: Number(process.versions.node.split('.')[0]) >= 24,
  found: process.version,
  todo: 'Install Node 24',
});

const dashboard = (): Finding => ({
  what: 'dashboard',
  ok: existsSync(join(WEB_ROOT, 'index.html')),
  found: existsSync(WEB_ROOT) ? 'built' : 'not built',
  todo: 'Run `npm start`, or `npm run build`',
});

const folder = (path: string): Finding => {
  try {
    accessSync(path, constants.R_OK);
    return { what: 'firmware folder', ok: true, found: path };
  } catch {
    return {
      what: 'firmware folder',
      ok: false,
      found: `${path} cannot be read`,
      todo: 'Create it, or unset FERROLAB_FIRMWARE',
    };
  }
};

const lab = async (options: LabOptions): Promise<readonly Finding[]> => {
  try {
    const { name, broker } = await new LabHttp(options).get<{
      name: string;
      broker: { url: string; connected: boolean };
    }>('/lab');
    return [
      { what: 'lab', ok: true, found: `'${name}' answers at ${options.url}` },
      {
        what: 'bus',
        ok: broker.connected,
        found: `${broker.url} ${broker.connected ? 'connected' : 'not connected'}`,
        todo: 'Start the broker again',
      },
    ];
  } catch {
    return [
      { what: 'lab', ok: true, found: `none runs at ${options.url}` },
      await free('HTTP port', 8025),
      await free('MQTT port', 1883),
    ];
  }
};

const free = (what: string, port: number): Promise<Finding> =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', () =>
      resolve({
        what,
        ok: false,
        found: `${port} is taken`,
        todo: 'End what uses it, or start with another port (0 takes a free one)',
      }),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve({ what, ok: true, found: `${port} is free` })));
  });
