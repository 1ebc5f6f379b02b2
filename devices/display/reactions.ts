/** What the display does when the bus touches a register, and when a fault is switched. */
import { BYTE_ORDER, DISPLAY } from '#datasheets/display.ts';
import type { DisplayFault } from '#datasheets/display-catalogue.ts';
import { RegisterFile } from '#regmap/file.ts';
import type { BitRot } from './bit-rot.ts';
import type { Connector } from './connector.ts';
import type { Crtc } from './crtc.ts';
import type { Interrupts } from './interrupts.ts';

export interface Parts {
  readonly crtc: Crtc;
  readonly interrupts: Interrupts;
  readonly connector: Connector;
  readonly rot: BitRot;
}

/** The registers; `parts` is asked once the bus touches them. */
export const displayRegisters = (parts: () => Parts): RegisterFile<typeof DISPLAY> => {
  const regs: RegisterFile<typeof DISPLAY> = new RegisterFile(DISPLAY, {
    DISPI_ENABLE: {
      written: (now, old) => now.ENABLED && !old.ENABLED && !now.NOCLEARMEM && parts().crtc.clearScreen(),
    },
    QEXT_BYTE_ORDER: {
      written: ({ VALUE }, old) => {
        if (!Object.values<number>(BYTE_ORDER).includes(VALUE)) regs.poke('QEXT_BYTE_ORDER', old);
      },
    },
    INT_STATUS: { written: () => parts().interrupts.update() },
    INT_ENABLE: {
      written: () => {
        parts().crtc.vblank.update();
        parts().interrupts.update();
      },
    },
    CRTC_CTRL: { written: (now, old) => parts().crtc.modeSet(now, old) },
    FLIP: { written: ({ GO, NOW }) => (GO || NOW) && parts().crtc.flip(NOW) },
    LINK_TRAIN: {
      written: ({ GO }) => {
        if (!GO) return;
        regs.poke('LINK_TRAIN', { GO: false });
        parts().connector.train();
      },
    },
    WB_CTRL: { written: ({ GO }) => GO && parts().crtc.askWriteback() },
    VBLANK_COUNT_LO: { live: () => parts().crtc.vblank.last().count % 2 ** 32 },
  });
  return regs;
};

/** After a fault went on, changed or went off; the others are looked at when their moment comes. */
export const switched = (name: DisplayFault, { crtc, interrupts, connector, rot }: Parts): void => {
  switch (name) {
    case 'unplugged':
    case 'edid-checksum':
    case 'edid-short':
    case 'edid-garbage':
    case 'edid-absent':
    case 'link-bad':
      connector.changed();
      break;
    case 'vblank-stuck':
      crtc.restart();
      break;
    case 'flip-never':
      crtc.vblank.update();
      break;
    case 'underrun':
      crtc.vblank.update();
      crtc.show();
      break;
    case 'bit-rot':
      rot.arm();
      break;
    case 'interrupt-stuck':
      interrupts.update();
      break;
  }
};
