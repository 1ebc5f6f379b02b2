import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RealClock } from '#bus/clock.ts';
import { BlockHost } from './block-host.ts';
import type { HostedNullb } from './hosted-nullb.ts';

/** NBD clients nobody here wrote. */
const PATH = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`;
const here = (program: string): boolean =>
  PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
/** A test that needs programs; where one is missing it is skipped, and its name says so. */
const testWith = (programs: readonly string[], name: string, run: () => Promise<void>): void => {
  const missing = programs.filter((program) => !here(program));
  if (missing.length === 0) test(name, run);
  else test.skip(`${name} (skipped: no ${missing.join(', ')} on this machine)`, run);
};

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
const run = (program: string, ...args: string[]): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, PATH, LC_ALL: 'C' } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
/** Runs it and holds it to success. */
const good = async (program: string, ...args: string[]): Promise<string> => {
  const { code, out, err } = await run(program, ...args);
  expect(`${program} ended with ${code}: ${code === 0 ? '' : err + out}`).toBe(`${program} ended with 0: `);
  return out;
};

const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-nbd-clients-'));
const host = new BlockHost({ clock: new RealClock() });
let tcp = '';
let port = 0;
const unix = (name: string): string => `nbd+unix:///${name}?socket=${join(folder, 'nbd.sock')}`;
let plain: HostedNullb;
let memory: HostedNullb;

beforeAll(async () => {
  plain = host.place('nullb0', { seed: 1, attributes: { size: '1024' } });
  memory = host.place('nullb1', { seed: 1, attributes: { size: '32', memory_backed: '1', discard: '1' } });
  const address = await host.listen({ port: 0, unix: join(folder, 'nbd.sock') });
  port = address.port ?? 0;
  tcp = `nbd://127.0.0.1:${port}`;
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});
const file = (name: string): string => join(folder, name);
const sum = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex');
const randomFile = (name: string, bytes: number): string => {
  writeFileSync(file(name), randomBytes(bytes));
  return file(name);
};

describe('nbdinfo', () => {
  testWith(['nbdinfo'], 'finds size, block sizes and abilities of each export', async () => {
    const { exports } = JSON.parse(await good('nbdinfo', '--json', '--list', tcp)) as {
      exports: Record<string, unknown>[];
    };
    expect(exports).toMatchObject([
      {
        'export-name': 'nullb0',
        'export-size': 1024 * MIB,
        is_read_only: false,
        can_multi_conn: true,
        can_trim: false,
        can_zero: true,
        can_fast_zero: true,
        block_size_minimum: 512,
        block_size_preferred: 4096,
        block_size_maximum: 32 * MIB,
        contexts: ['base:allocation'],
      },
      {
        'export-name': 'nullb1',
        'export-size': 32 * MIB,
        can_trim: true,
        can_flush: true,
        can_fua: true,
        can_df: true,
      },
    ]);
  });

  testWith(['nbdinfo', 'qemu-io'], 'maps what is stored', async () => {
    memory.control('erase');
    await good('qemu-io', '-f', 'raw', '-c', 'write -P 1 4096 8192', unix('nullb1'));
    const map = JSON.parse(await good('nbdinfo', '--map', '--json', unix('nullb1'))) as unknown;
    expect(map).toEqual([
      { offset: 0, length: 4096, type: 3, description: 'hole,zero' },
      { offset: 4096, length: 8192, type: 0, description: 'data' },
      { offset: 12288, length: 32 * MIB - 12288, type: 3, description: 'hole,zero' },
    ]);
  });
});

testWith(['nbd-client'], 'nbd-client lists the exports', async () => {
  expect(await good('nbd-client', '-l', '127.0.0.1', String(port))).toMatch(/nullb0\s+nullb1/);
});

describe.each(['TCP', 'a unix socket'])('nbdcopy over %s', (transport) => {
  testWith(['nbdcopy'], 'brings a file in and out unchanged', async () => {
    const uri = transport === 'TCP' ? `${tcp}/nullb1` : unix('nullb1');
    memory.control('erase');
    randomFile('in', 32 * MIB);
    await good('nbdcopy', '--flush', file('in'), uri);
    await good('nbdcopy', uri, file('out'));
    expect(sum('out')).toBe(sum('in'));
  });
});

describe('qemu-img', () => {
  testWith(['qemu-img'], 'knows the disk', async () => {
    const info = JSON.parse(await good('qemu-img', 'info', '--output=json', `${tcp}/nullb0`)) as unknown;
    expect(info).toMatchObject({ 'virtual-size': 1024 * MIB, format: 'raw' });
  });

  testWith(['qemu-img'], 'converts onto it, finds it identical, and reads it back', async () => {
    randomFile('image', 8 * MIB);
    memory.control('erase');
    await good('qemu-img', 'convert', '-n', '-f', 'raw', '-O', 'raw', file('image'), unix('nullb1'));
    await good('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', file('image'), unix('nullb1'));
    await good('qemu-img', 'convert', '-f', 'raw', '-O', 'raw', unix('nullb1'), file('back'));
    expect(
      readFileSync(file('back'))
        .subarray(0, 8 * MIB)
        .equals(readFileSync(file('image'))),
    ).toBe(true);
  });

  testWith(['qemu-img'], 'runs its benchmark against it', async () => {
    const said = await good('qemu-img', 'bench', '-f', 'raw', '-c', '2000', '-d', '64', '-s', '4096', `${tcp}/nullb0`);
    expect(said).toContain('Run completed');
    await good('qemu-img', 'bench', '-w', '-f', 'raw', '-c', '500', '-d', '16', '-s', '65536', unix('nullb1'));
  });
});

describe('qemu-io', () => {
  const io = (uri: string, ...commands: string[]): Promise<Ran> =>
    run('qemu-io', '-f', 'raw', '-d', 'unmap', ...commands.flatMap((command) => ['-c', command]), uri);

  testWith(['qemu-io'], 'reads the patterns it wrote, and zeroes where it discarded or zeroed', async () => {
    memory.control('erase');
    const { code, out } = await io(
      unix('nullb1'),
      'write -P 0xaa 0 64k',
      'write -f -P 0xbb 64k 64k',
      'aio_write -P 0xcc 128k 1M',
      'aio_flush',
      'discard 4k 4k',
      'write -z 16k 4k',
      'write -z -u 128k 512k',
      'flush',
      'read -P 0xaa 0 4k',
      'read -P 0 4k 4k',
      'read -P 0xaa 8k 8k',
      'read -P 0 16k 4k',
      'read -P 0xbb 64k 64k',
      'read -P 0 128k 512k',
      'read -P 0xcc 640k 512k',
      'read -P 0 30M 1M',
    );
    expect(out).not.toContain('verification failed');
    expect(code).toBe(0);
    expect(out.match(/^read /gm)).toHaveLength(8);
  });

  testWith(['qemu-io'], 'gets the error a fault gives, and the disk goes on', async () => {
    plain.fault('error', { op: 'write', status: 'NOSPC' });
    expect((await io(`${tcp}/nullb0`, 'write 0 4k')).out).toContain('No space left on device');
    plain.fault('error', { op: 'read', status: 'MEDIUM' });
    // the first read is the probe of the format: not with -f raw
    expect((await io(`${tcp}/nullb0`, 'read 1M 4k')).out).toContain('Input/output error');
    plain.clear();
    expect((await io(`${tcp}/nullb0`, 'read 1M 4k', 'write 0 4k')).code).toBe(0);
  });

  testWith(['qemu-io'], 'is told when a disk is read-only, and when it is powered off', async () => {
    plain.fault('read-only');
    expect((await io(`${tcp}/nullb0`, 'write 0 4k')).err).toContain('Permission denied');
    plain.clear();
    plain.writeAttribute('power', '0');
    expect((await io(`${tcp}/nullb0`, 'read 0 4k')).err).toContain('nullb0');
    plain.writeAttribute('power', '1');
  });
});

describe('fio', () => {
  const job = (uri: string, ...more: string[]): string[] => [
    '--name=verify',
    '--ioengine=nbd',
    `--uri=${uri}`,
    '--bs=4k',
    '--iodepth=16',
    '--output-format=json',
    ...more,
  ];
  const errors = (out: string): number[] =>
    (JSON.parse(out.slice(out.indexOf('{'))) as { jobs: { error: number }[] }).jobs.map(({ error }) => error);

  testWith(['fio'], 'verifies random writes of four jobs without an error', async () => {
    const out = await good(
      'fio',
      ...job(
        unix('nullb1'),
        '--rw=randwrite',
        '--verify=crc32c',
        '--verify_fatal=1',
        '--numjobs=4',
        '--size=8m',
        '--offset_increment=8m',
      ),
    );
    expect(errors(out)).toEqual([0, 0, 0, 0]);
  });

  testWith(['fio'], 'verifies them too where every answer is late and out of order', async () => {
    memory.fault('latency', { shape: 'uniform', us: 50, spread_us: 200 });
    memory.fault('reorder', { window: 8, hold_us: 500 });
    const out = await good('fio', ...job(unix('nullb1'), '--rw=randwrite', '--verify=crc32c', '--size=2m'));
    memory.clear();
    expect(errors(out)).toEqual([0]);
  });

  testWith(['fio'], 'killed in the middle of its requests leaves nothing behind', async () => {
    plain.fault('latency', { us: 200 });
    for (let i = 0; i < 3; i++) {
      const child = spawn(
        'fio',
        job(`${tcp}/nullb0`, '--thread', '--rw=randrw', '--size=64m', '--time_based', '--runtime=30'),
        {
          cwd: folder,
          stdio: 'ignore',
          env: { ...process.env, PATH },
        },
      );
      const before = plain.inspect().requests;
      while (plain.inspect().requests < before + 200) await new Promise((resolve) => setTimeout(resolve, 10));
      child.kill('SIGKILL');
      while (host.clients.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    plain.clear();
    while (plain.inspect().inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(plain.inspect().queues.every(({ inFlight }) => inFlight === 0)).toBe(true);
  });
});

testWith(['mkfs.ext4', 'e2fsck', 'nbdcopy'], 'a filesystem copied in and out is clean', async () => {
  memory.control('erase');
  writeFileSync(file('fs'), new Uint8Array(0));
  await good('truncate', '-s', '32M', file('fs'));
  await good('mkfs.ext4', '-q', '-F', '-d', join(import.meta.dirname), file('fs'));
  await good('nbdcopy', '--flush', file('fs'), `${tcp}/nullb1`);
  await good('nbdcopy', unix('nullb1'), file('fs.out'));
  await good('e2fsck', '-fn', file('fs.out'));
  expect(sum('fs.out')).toBe(sum('fs'));
});

describe('TLS', () => {
  const secure = new BlockHost({ clock: new RealClock() });
  afterAll(() => secure.close());
  let securePort = 0;
  const start = async (): Promise<void> => {
    if (securePort > 0) return;
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    await good('openssl', 'req', '-x509', ...key, ...subject, '-keyout', file('key.pem'), '-out', file('ca-cert.pem'));
    const [cert, pem] = ['ca-cert.pem', 'key.pem'].map((name) => readFileSync(file(name), 'utf8'));
    secure.place('nullb2', { seed: 1, attributes: { size: '32', memory_backed: '1' } });
    const tls = { cert: cert ?? '', key: pem ?? '', required: true };
    securePort = (await secure.listen({ port: 0, tls })).port ?? 0;
  };

  testWith(
    ['openssl', 'nbdinfo', 'nbdcopy'],
    'carries a file unchanged, and nothing is served without it',
    async () => {
      await start();
      const uri = `nbds://localhost:${securePort}/nullb2?tls-certificates=${folder}`;
      expect(await good('nbdinfo', uri)).toContain('with TLS');
      randomFile('tls-in', 4 * MIB);
      await good('nbdcopy', file('tls-in'), uri);
      await good('nbdcopy', uri, file('tls-out'));
      expect(
        readFileSync(file('tls-out'))
          .subarray(0, 4 * MIB)
          .equals(readFileSync(file('tls-in'))),
      ).toBe(true);
      expect((await run('nbdinfo', `nbd://127.0.0.1:${securePort}/nullb2`)).code).not.toBe(0);
    },
  );

  testWith(['openssl', 'qemu-img'], 'qemu-img trusts its certificate', async () => {
    await start();
    const creds = `tls-creds-x509,id=tls0,dir=${folder},endpoint=client`;
    const disk = `driver=nbd,server.type=inet,server.host=localhost,server.port=${securePort},export=nullb2,tls-creds=tls0`;
    expect(await good('qemu-img', 'info', '--object', creds, '--image-opts', disk)).toContain('32 MiB');
  });
});
