/** `npm run bench -- [bus|block|display|micro|page|qr|recording] [--json]`: the lab beside its peers, in one run on one machine. */
import { parseArgs } from 'node:util';
import { benchBlock } from './block.ts';
import { benchBus } from './bus.ts';
import { benchDisplay } from './display.ts';
import { benchMicro } from './micro.ts';
import { benchQr } from './qr.ts';
import { benchRecording } from './recording.ts';
import { printRows, type Row } from './rows.ts';
import { benchPage } from './traffic-page.ts';

/** What can be measured, each in processes of its own. */
const SUITES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  bus: benchBus,
  block: benchBlock,
  display: benchDisplay,
  micro: benchMicro,
  page: benchPage,
  qr: benchQr,
  recording: benchRecording,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.filter((name) => SUITES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`no benchmark '${unknown.join(' ')}'; there is ${Object.keys(SUITES).join(', ')}\n`);
  process.exit(2);
}
const rows: Row[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) rows.push(...(await SUITES[name]!()));
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else printRows(rows);
