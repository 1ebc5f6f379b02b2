/** Encoding the largest panic code, beside npm qrcode making the same modules. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median, type Row, row } from './rows.ts';

/** Runs of each, in turn, so that both see the same machine. */
const TURNS = 3;

export const benchQr = async (): Promise<readonly Row[]> => {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    ours.push(...(await measure('ours')));
    peer.push(...(await measure('peer')));
  }
  return [row('QR code version 40, L, mask 0', median(ours), 's', 'npm qrcode', median(peer))];
};

const measure = async (who: 'ours' | 'peer'): Promise<readonly number[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [`${import.meta.dirname}/qr-encode.ts`, who]);
  return stdout.trim().split('\n').map(Number);
};
