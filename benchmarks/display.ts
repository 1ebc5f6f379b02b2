/** The display: composition against the time of a frame, and frames through the whole way beside TigerVNC, interleaved. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { firstLine } from './block-servers.ts';
import { FRAME_HZ, SCENES, type Scene } from './display-scenes.ts';
import { missingServer, type Painted, paintOurs, paintPeer, script } from './display-servers.ts';
import { median, type Row, row } from './rows.ts';

/** `BENCH_SECONDS`, `BENCH_RUNS` and `BENCH_ONLY` (a part of a row's name) make it shorter. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const ONLY = process.env.BENCH_ONLY ?? '';

/** Three planes at 1920x1080: what the primary or the overlay is. */
const COMPOSED: Readonly<Record<string, string>> = {
  blend: 'XR24, AR24 over all of it, AR24 cursor',
  window: 'XR24, AR24 window with a soft edge, AR24 cursor',
  'plane-alpha': 'XR24, AR24 over all of it at three quarters, AR24 cursor',
  yuv: 'NV12, AR24 over all of it, AR24 cursor',
  scaled: 'XR24 1280x720 scaled, AR24 over all of it, AR24 cursor',
  'yuv-scaled': 'NV12 1280x720 scaled, AR24 over all of it, AR24 cursor',
};

const WORDS: Readonly<Record<Scene, string>> = {
  full: 'full frames',
  tenth: '10 % damage',
  cursor: 'a moving cursor',
};

export const benchDisplay = async (): Promise<readonly Row[]> => {
  const missing = missingServer();
  if (missing !== undefined) throw new Error(`the display benchmark needs programs: apt-get install ${missing}`);
  const rows: Row[] = [];
  for (const [scene, words] of Object.entries(COMPOSED)) {
    const name = `compose 1080p: ${words}`;
    if (!name.includes(ONLY)) continue;
    doing(name);
    rows.push(row(name, compose(scene), 's', 'a frame at 60 Hz', 1 / FRAME_HZ));
  }
  for (const scene of SCENES) {
    const [vnc, browser] = [`1080p to a VNC viewer: ${WORDS[scene]}`, `1080p to a browser: ${WORDS[scene]}`];
    if (!vnc.includes(ONLY) && !browser.includes(ONLY)) continue;
    const ours: number[] = [];
    const peer: number[] = [];
    const seen: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      doing(`1080p, ${WORDS[scene]}: run ${run + 1} of ${RUNS}`);
      await painted(await paintPeer(scene), async ({ port }) => {
        peer.push(await perSecond('display-rfb.ts', String(port), scene));
      });
      await painted(await paintOurs(scene), async ({ port, url }) => {
        if (vnc.includes(ONLY)) ours.push(await perSecond('display-rfb.ts', String(port), scene));
        if (browser.includes(ONLY)) seen.push(await perSecond('display-browser.ts', url ?? '', scene));
      });
    }
    if (ours.length > 0) rows.push(row(vnc, median(ours), '/s', 'TigerVNC to the same viewer', median(peer)));
    if (seen.length > 0) rows.push(row(browser, median(seen), '/s', 'TigerVNC to a VNC viewer', median(peer)));
  }
  return rows;
};

/** Two minutes without a word are long. */
const doing = (what: string): void => void process.stderr.write(`${what} …\n`);

const painted = async (server: Painted, measure: (server: Painted) => Promise<void>): Promise<void> => {
  try {
    await measure(server);
  } finally {
    await server.stop();
  }
};

const perSecond = async (program: string, where: string, scene: Scene): Promise<number> => {
  const line = await firstLine(script(program, where, scene, String(SECONDS)));
  return (JSON.parse(line) as { perSecond: number }).perSecond;
};

const [WARM, FRAMES] = [8, 16];

/** Seconds for a frame: the median, once the loops are compiled. */
const compose = (scene: string): number => {
  const { stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'display-compose.ts'), scene, String(WARM + FRAMES)],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return median(stdout.trim().split('\n').map(Number).slice(WARM));
};
