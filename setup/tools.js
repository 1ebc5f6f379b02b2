/** Finds the programs that tests need and, where this machine allows, installs them: a browser, and the tools that judge us. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { labNode } from './node.js';
import { root } from './root.js';
import { progress, stop } from './say.js';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const SBIN = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];

/** The path of a Chromium; installs one when there is none. */
export function findBrowser() {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    stop(`CHROMIUM_PATH is ${asked}, and there is no such file`, 'Point it at a Chromium or Chrome, or unset it.');
  }
  const here = () => which(BROWSERS) ?? ELSEWHERE.find((path) => existsSync(path)) ?? playwrightsOwn();
  const found = here();
  if (found) return found;
  if (canApt()) apt(['chromium', 'fonts-dejavu-core']);
  else if (!which(BROWSERS)) {
    const done = progress("Downloading Playwright's Chromium");
    const { status } = spawnSync(labNode(), [join(root, 'node_modules/playwright/cli.js'), 'install', 'chromium'], {
      cwd: root,
      stdio: 'ignore',
    });
    done(status === 0 ? 'Chromium downloaded' : 'Chromium not downloaded');
  }
  return (
    here() ?? stop('no browser for the end-to-end tests', 'Install Chromium or Chrome, or set CHROMIUM_PATH to one.')
  );
}

/** What contract tests judge us by and speak with, and the Debian package each comes in. */
const JUDGES = {
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  xxd: 'xxd',
  python3: 'python3-minimal',
};

/** Judges of the 8051 core and its firmware, of the NBD server, of QR codes, of EDIDs, of pictures by VNC and of recordings: installed where apt can, else their tests count as skipped. */
const GUESTS = {
  s51: 'sdcc-ucsim',
  sdcc: 'sdcc',
  fio: 'fio',
  tshark: 'tshark',
  'sigrok-cli': 'sigrok-cli',
  vcd2fst: 'gtkwave',
  nbdkit: 'nbdkit',
  nbdinfo: 'libnbd-bin',
  'qemu-img': 'qemu-utils',
  'nbd-client': 'nbd-client',
  'mkfs.ext4': 'e2fsprogs',
  openssl: 'openssl',
  zbarimg: 'zbar-tools',
  'edid-decode': 'edid-decode',
  gvnccapture: 'gvncviewer',
  vncsnapshot: 'vncsnapshot',
};

/** The path of Mosquitto, the broker nobody here wrote; installs it, and the tools beside it, when they are missing. */
export function findJudges() {
  const missing = () => Object.keys(JUDGES).filter((name) => which([name]) === undefined);
  const guests = Object.keys(GUESTS).filter((name) => which([name]) === undefined);
  if (missing().length + guests.length > 0 && canApt())
    apt([...missing().map((name) => JUDGES[name]), ...guests.map((name) => GUESTS[name])]);
  if (missing().length > 0)
    stop(
      `no ${missing().join(', no ')} for the contract tests`,
      `Install them (Debian: ${missing()
        .map((name) => JUDGES[name])
        .join(' ')}; macOS: brew install mosquitto).`,
    );
  return which(['mosquitto']);
}

const which = (names) => {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...SBIN])
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not in this folder
      }
    }
  return undefined;
};

const playwrightsOwn = () => {
  const { stdout } = spawnSync(
    labNode(),
    ['-e', "import('playwright').then(({ chromium }) => process.stdout.write(chromium.executablePath()))"],
    { cwd: root, encoding: 'utf8' },
  );
  return stdout && existsSync(stdout) ? stdout : undefined;
};

const canApt = () => process.platform === 'linux' && process.getuid?.() === 0 && which(['apt-get']) !== undefined;

function apt(packages) {
  const done = progress(`Installing ${packages.join(', ')} with apt`);
  const run = (args) =>
    spawnSync('apt-get', args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0;
  run(['update', '-qq']);
  // policy-rc.d is left alone: a broker that starts as a service does not disturb, tests use their own on free ports
  const good = run(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  done(good ? `Installed ${packages.join(', ')}` : `apt did not install ${packages.join(', ')}`);
}
