/** Property blobs: who may destroy them, and how long they live (IGT kms_prop_blob). */
import { expect, test } from 'vitest';
import { DrmBench, litCore } from '../drm-bench.ts';

const code = (name: string) => expect.objectContaining({ code: name });

test("a blob: nothing is EINVAL, another's is EPERM, gone is ENOENT, and a state keeps it (kms_prop_blob)", async () => {
  const bench = new DrmBench();
  const client = bench.client();
  const other = bench.client('other');
  expect(() => client.file.createBlob(new Uint8Array())).toThrow(code('EINVAL'));
  const bytes = Uint8Array.of(1, 2, 3);
  const id = client.file.createBlob(bytes);
  bytes[0] = 9;
  expect([...other.file.getBlob(id)]).toEqual([1, 2, 3]);
  expect(() => other.file.destroyBlob(id)).toThrow(code('EPERM'));
  client.file.destroyBlob(id);
  expect(() => client.file.getBlob(id)).toThrow(code('ENOENT'));
  expect(() => client.file.destroyBlob(id)).toThrow(code('ENOENT'));

  const { device } = bench;
  const crtc = device.crtcs[0]!;
  await client.atomic(client.light(client.fb(640, 480)), 0x400);
  const mode = client.value(crtc.id, 'MODE_ID');
  client.file.destroyBlob(mode);
  expect(client.file.getBlob(mode).length).toBe(68);
  await bench.until(client.file.close());
  expect(() => other.file.getBlob(mode)).toThrow(code('ENOENT'));
});

test('a blob has 1 byte to a megabyte, and is what it was made of (blob-prop-core, blob-prop-validate)', () => {
  const { file } = new DrmBench().client();
  for (const length of [0, 2 ** 20 + 1]) expect(() => file.createBlob(new Uint8Array(length))).toThrow(code('EINVAL'));
  for (const length of [1, 68, 2 ** 20]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    const read = file.getBlob(file.createBlob(bytes));
    expect(Buffer.from(read).equals(bytes)).toBe(true);
    read.fill(0); // a copy
  }
});

test('what is no blob is ENOENT, whatever else it is (invalid-get-prop)', async () => {
  const { client, crtc, fb, connector } = await litCore();
  const mode = client.value(crtc.id, 'MODE_ID');
  for (const id of [0, 99_999, fb, crtc.id, connector.id, client.id(crtc.id, 'MODE_ID')]) {
    expect(() => client.file.getBlob(id)).toThrow(code('ENOENT'));
    expect(() => client.file.destroyBlob(id)).toThrow(code('ENOENT'));
  }
  expect(client.file.getBlob(mode).length).toBe(68);
});

test('blobs of the kernel are read by all, and destroyed by nobody (blob-prop-lifetime)', () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const [plane] = bench.device.planes;
  const formats = file.properties(plane?.id ?? 0).get('IN_FORMATS')?.value ?? 0;
  expect(file.getBlob(formats).length).toBeGreaterThan(24);
  expect(() => file.destroyBlob(formats)).toThrow(code('EPERM'));
});

test('a blob that is gone cannot be set any more, one that a state holds can be read from it (blob-multiple)', async () => {
  const { client, crtc } = await litCore();
  const luts = [0, 1, 2].map(() => client.file.createBlob(new Uint8Array(2048)));
  const [first = 0, second = 0] = luts;
  await client.atomic([[crtc.id, { GAMMA_LUT: first }]]);
  client.file.destroyBlob(first);
  client.file.destroyBlob(second);
  await expect(client.atomic([[crtc.id, { GAMMA_LUT: second }]])).rejects.toMatchObject({ code: 'EINVAL' });
  expect(client.value(crtc.id, 'GAMMA_LUT')).toBe(first);
  await client.atomic([[crtc.id, { GAMMA_LUT: first }]]); // by its id, while it lives
  await client.atomic([[crtc.id, { GAMMA_LUT: 0 }]]);
  expect(() => client.file.getBlob(first)).toThrow(code('ENOENT'));
});
