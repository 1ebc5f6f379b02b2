/** One process that encodes a panic's version 40 code, with our encoder or with npm qrcode, and prints seconds for each code. */
import { create, type QRCodeSegment } from 'qrcode';

const [who, rounds = '7'] = process.argv.slice(2);
const URL_BYTES = Buffer.from('https://kdj0c.github.io/panic_report?a=x86_64&v=6.15.0&z=');
/** As many as the kernel puts into version 40 behind that address. */
const PAYLOAD_BYTES = 2821;
const CODES_A_ROUND = 60;

const payload = Uint8Array.from({ length: PAYLOAD_BYTES }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 24) & 0xff);

const ours = async (): Promise<() => void> => {
  const { QrEncoder } = await import('#drivers/gpu/panic/qr.ts');
  const encoder = new QrEncoder();
  const scratch = new Uint8Array(3706);
  const image = new Uint8Array(4071);
  return () => {
    const version = encoder.encode(URL_BYTES, URL_BYTES.length, payload, PAYLOAD_BYTES, 'z', scratch, image);
    if (version !== 40) throw new Error(`version ${version}, 40 was meant`);
  };
};

/** The peer is given the digits ready made; ours makes them from bytes. */
const peer = (): (() => void) => {
  let digits = '';
  for (let at = 0; at < PAYLOAD_BYTES; at += 7) {
    let chunk = 0n;
    for (let i = Math.min(7, PAYLOAD_BYTES - at) - 1; i >= 0; i--) chunk = chunk * 256n + BigInt(payload[at + i] ?? 0);
    digits += String(chunk).padStart(17, '0');
  }
  const segments: QRCodeSegment[] = [
    { data: URL_BYTES, mode: 'byte' },
    { data: digits, mode: 'numeric' },
  ];
  return () => {
    const { modules } = create(segments, { version: 40, errorCorrectionLevel: 'L', maskPattern: 0 });
    if (modules.size !== 177) throw new Error(`${modules.size} modules, 177 were meant`);
  };
};

const encode = who === 'ours' ? await ours() : peer();
for (let n = 0; n < CODES_A_ROUND; n++) encode();
for (let round = 0; round < Number(rounds); round++) {
  const began = process.hrtime.bigint();
  for (let n = 0; n < CODES_A_ROUND; n++) encode();
  process.stdout.write(`${Number(process.hrtime.bigint() - began) / 1e9 / CODES_A_ROUND}\n`);
}
