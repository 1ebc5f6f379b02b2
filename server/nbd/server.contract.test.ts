import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { COMMAND, OPTION } from '#bus/nbd-codec.ts';
import { answers, clientFlags, goTo, option, RawClient, RigExport, request } from './nbd-rig.ts';
import { joined } from './option-codec.ts';
import { type NbdOptions, type NbdServer, startNbd } from './server.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const bench = async (options: Partial<NbdOptions> = {}, device = new RigExport('rig')) => {
  const said: string[] = [];
  const server = await startNbd({ port: 0, exports: () => [device], log: (line) => said.push(line), ...options });
  undo.push(() => server.close());
  const client = (): RawClient => {
    const made = new RawClient({ port: server.address?.port ?? 0 });
    undo.push(() => made.end());
    return made;
  };
  return { server, device, said, client };
};
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'ferrolab-nbd-'));
  undo.push(() => rmSync(made, { recursive: true }));
  return made;
};
/** A client that does what it should, beside one that does not. */
const works = async (client: RawClient): Promise<void> => {
  await client.go('rig');
  client.send(request({ type: COMMAND.read, cookie: 5, offset: 512, length: 512 }));
  const [found] = answers(await client.receive(16 + 512), new Map([[5, 512]]));
  expect(found).toMatchObject({ cookie: 5, error: 0 });
};
const noticed = async (said: readonly string[], what: RegExp): Promise<string> => {
  for (;;) {
    const line = said.find((one) => what.test(one));
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const count = async (server: NbdServer, wanted: number): Promise<void> => {
  while (server.connections().length !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('serves many clients at once, and says who they are', async () => {
  const { server, client } = await bench();
  const clients = [client(), client(), client()];
  await Promise.all(clients.map(works));
  expect(server.connections()).toMatchObject([{ serves: 'rig', secure: false, structured: false }, {}, {}]);
});

describe('bad input closes one connection, and nothing else notices', () => {
  const { list } = OPTION;
  const head = new Uint8Array(16).fill(0xee);
  test.each([
    ['client flags nobody knows', [clientFlags(0xffffffff)]],
    ['an option with the wrong magic', [clientFlags(), head]],
    ['thousands of options', [clientFlags(), ...Array.from({ length: 5000 }, () => option(list))]],
    ['a request with the wrong magic', [goTo('rig'), new Uint8Array(28)]],
    ['HTTP', [new TextEncoder().encode('GET / HTTP/1.1\r\nHost: lab\r\n\r\n')]],
  ])('%s', async (_, parts) => {
    const { client, said } = await bench();
    const good = client();
    await works(good);
    const bad = client();
    bad.send(joined(...parts));
    await bad.closed;
    await noticed(said, /^nbd: 127/);
    await works(client());
    good.send(request({ type: COMMAND.flush, cookie: 9 }));
    expect(answers(await good.receive(16))).toMatchObject([{ cookie: 9, error: 0 }]);
  });
});

describe('a client that stops', () => {
  test('in the handshake is let go', async () => {
    const { client, said } = await bench({ handshakeMs: 50 });
    const silent = client();
    silent.send(clientFlags(), option(OPTION.list).subarray(0, 7));
    await silent.closed;
    expect(await noticed(said, /left/)).toContain('no end of the handshake in 50 ms');
  });

  test('in the middle of a request, or of its payload, is let go; one that waits between requests stays', async () => {
    const { client, server } = await bench({ stallMs: 80 });
    const [idle, halfHead, halfPayload] = [client(), client(), client()];
    await Promise.all([idle, halfHead, halfPayload].map((one) => works(one)));
    halfHead.send(request({ type: COMMAND.flush }).subarray(0, 10));
    halfPayload.send(request({ type: COMMAND.write, payload: new Uint8Array(4096) }).subarray(0, 1000));
    await Promise.all([halfHead.closed, halfPayload.closed]);
    await count(server, 1);
    idle.send(request({ type: COMMAND.flush, cookie: 3 }));
    expect(answers(await idle.receive(16))).toMatchObject([{ cookie: 3 }]);
  });

  test('reading is held at a bound of memory, does not slow others, and is let go in the end', async () => {
    const { client, server, said } = await bench({ stallMs: 400 });
    const deaf = client();
    await works(deaf);
    deaf.socket.pause();
    const flood = joined(
      ...Array.from({ length: 2000 }, (_, cookie) => request({ type: COMMAND.read, cookie, length: 1024 * 1024 })),
    );
    for (let i = 0; i < 10; i++) deaf.send(flood);
    const beside = client();
    await works(beside);
    while ((server.connections()[0]?.queuedBytes ?? 0) < 1024 * 1024) {
      beside.send(request({ type: COMMAND.flush, cookie: 8 }));
      expect(answers(await beside.receive(16))).toMatchObject([{ cookie: 8, error: 0 }]);
    }
    expect(server.connections()[0]?.queuedBytes).toBeLessThan(5 * 1024 * 1024);
    expect(await noticed(said, /left/)).toContain('it stopped in the middle of a request, or of an answer');
    beside.send(request({ type: COMMAND.flush, cookie: 9 }));
    expect(answers(await beside.receive(16))).toMatchObject([{ cookie: 9, error: 0 }]);
  });
});

test('one client more than allowed is turned away, and the log says so', async () => {
  const { client, said } = await bench({ connections: 2 });
  await works(client());
  const second = client();
  await works(second);
  const third = client();
  await third.closed;
  expect(await noticed(said, /turned away/)).toContain('2 are connected');
  second.end();
  await noticed(said, /left rig/);
  await works(client());
});

test('a device that is cut off takes its clients with it; other devices keep theirs', async () => {
  const [one, two] = [new RigExport('rig'), new RigExport('other')];
  const { client, said } = await bench({ exports: () => [one, two] });
  const [mine, others] = [client(), client()];
  await works(mine);
  await others.go('other');
  one.cut('the cable is out');
  await mine.closed;
  expect(await noticed(said, /left rig/)).toContain('the cable is out');
  others.send(request({ type: COMMAND.flush, cookie: 4 }));
  expect(answers(await others.receive(16))).toMatchObject([{ cookie: 4, error: 0 }]);
});

test('a device that throws costs one client its connection', async () => {
  const broken = new RigExport('rig');
  broken.readInto = () => {
    throw new Error('boom');
  };
  const { client, said } = await bench({}, broken);
  const unlucky = client();
  await unlucky.go('rig');
  unlucky.send(request({ type: COMMAND.read, length: 512 }));
  await unlucky.closed;
  expect(await noticed(said, /left/)).toContain('boom');
});

test('closing lets every client go', async () => {
  const { client, server } = await bench();
  const connected = client();
  await works(connected);
  await server.close();
  await connected.closed;
  expect(server.connections()).toEqual([]);
});

describe('a unix socket', () => {
  test('serves its owner only, and is gone after closing', async () => {
    const path = join(folder(), 'nbd.sock');
    const { server } = await bench({ unix: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const client = new RawClient({ path });
    await works(client);
    client.end();
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('left behind by a killed server is taken over; one in use is refused', async () => {
    const path = join(folder(), 'nbd.sock');
    const { execFileSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow();
    expect(existsSync(path)).toBe(true);
    await bench({ unix: path });
    await expect(startNbd({ unix: path, exports: () => [] })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('what it refuses to start with', () => {
  test('a port in use, by its number', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    undo.push(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await expect(startNbd({ port, exports: () => [] })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(String(port)),
    });
  });

  test('an address others can reach, without TLS that checks the clients', async () => {
    await expect(startNbd({ host: '0.0.0.0', port: 0, exports: () => [] })).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('a certificate that is none', async () => {
    const tls = { cert: 'no', key: 'no', required: true };
    await expect(startNbd({ port: 0, tls, exports: () => [] })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
