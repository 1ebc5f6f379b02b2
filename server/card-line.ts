/** The lab's end of drivers' cards: a program of the lab draws on the screen of a device, over the bus. */
import type { CardProgram } from '#bus/card.ts';
import {
  CARD_WRITE_BYTES,
  type CardCall,
  decodeBuffer,
  decodeFlip,
  decodeOpened,
  encodeCardCall,
} from '#bus/card-wire.ts';
import type { DriverLine } from './driver-line.ts';

export const openCard =
  (line: DriverLine) =>
  async (device: string, program: string, mode: string | undefined): Promise<CardProgram> => {
    const ask = (call: CardCall): Promise<Uint8Array> => line.ask(device, 'card', call.call, encodeCardCall(call));
    const opened = decodeOpened(await ask({ program, call: 'open', mode: mode ?? null }));
    return {
      ...opened,
      buffer: async (width, height) => decodeBuffer(await ask({ program, call: 'buffer', width, height })),
      async write(buffer, offsetBytes, bytes) {
        for (let from = 0; from < bytes.length; from += CARD_WRITE_BYTES) {
          const part = bytes.subarray(from, from + CARD_WRITE_BYTES);
          await ask({ program, call: 'write', buffer, offsetBytes: offsetBytes + from, bytes: part });
        }
      },
      commit: async (frame) => void (await ask({ program, call: 'commit', frame })),
      flip: async () => decodeFlip(await ask({ program, call: 'flip' })),
      close: async () => void (await ask({ program, call: 'close' })),
    };
  };
