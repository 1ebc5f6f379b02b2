/** The placeholder program: checks its own image, says who it is, and counts ticks. It brings up no link. */
import { QT2025_IMAGE, QT2025_XDATA, QT2025_XDATA_WINDOW, UC_STATUS } from '#datasheets/qt2025.ts';
import { Assembler } from './assembler.ts';

const cell = (name: keyof typeof QT2025_XDATA): number => QT2025_XDATA[name].at - QT2025_XDATA_WINDOW.at;
const [SP, DPL, DPH, TMOD, TL0, TH0, IE, PSW, ACC] = [0x81, 0x82, 0x83, 0x89, 0x8a, 0x8c, 0xa8, 0xd0, 0xe0];
const TR0 = 0x8c; // bit address
/** 10,000 counts to the next overflow. */
const RELOAD = 0x10000 - 10_000;

export const program = (version: readonly number[], built: readonly number[]): Uint8Array => {
  const asm = new Assembler();
  const ljmp = (to: string) => asm.emit(0x02, { address: to });
  const sjmp = (to: string) => asm.emit(0x80, { distance: to });
  const jz = (to: string) => asm.emit(0x60, { distance: to });
  const jnz = (to: string) => asm.emit(0x70, { distance: to });
  const movDirect = (direct: number, value: number) => asm.emit(0x75, direct, value);
  const dptr = (value: number) => asm.emit(0x90, value >> 8, value & 0xff);
  const movA = (value: number) => asm.emit(0x74, value);
  const clrA = () => asm.emit(0xe4);
  const aFrom = (r: number) => asm.emit(0xe8 + r);
  const aTo = (r: number) => asm.emit(0xf8 + r);
  const movx = () => asm.emit(0xf0); // MOVX @DPTR,A
  const movc = () => asm.emit(0xe4, 0x93); // CLR A; MOVC A,@A+DPTR
  const incDptr = () => asm.emit(0xa3);
  const put = (at: number, value: number) => {
    dptr(at);
    movA(value);
    movx();
  };

  ljmp('start');
  asm.org(0x000b);
  ljmp('tick');

  asm.org(0x0100);
  asm.label('start');
  movDirect(SP, 0x22);
  put(cell('UC_STATUS'), UC_STATUS.starting);
  movDirect(TMOD, 0x01); // timer 0, mode 1
  movDirect(TH0, RELOAD >> 8);
  movDirect(TL0, RELOAD & 0xff);
  movDirect(IE, 0x82);
  asm.emit(0xd2, TR0); // SETB TR0

  // R2:R3 = sum, R6:R7 = bytes left, DPTR = next byte
  dptr(QT2025_IMAGE.lengthAt);
  movc();
  aTo(6);
  incDptr();
  movc();
  aTo(7);
  asm.emit(0x7a, 0x00, 0x7b, 0x00); // MOV R2,#0; MOV R3,#0
  dptr(0x0000);
  asm.label('next');
  aFrom(6);
  asm.emit(0x4f); // ORL A,R7
  jz('summed');
  asm.emit(0xe5, DPH); // MOV A,DPH
  asm.emit(0xb4, QT2025_IMAGE.sumAt >> 8, { distance: 'take' }); // CJNE A,#0Ah,take
  asm.emit(0xe5, DPL); // MOV A,DPL
  asm.emit(0x54, 0xfe); // ANL A,#FEh: the expected sum itself, 0A00h and 0A01h, is left out
  jz('skip');
  asm.label('take');
  movc();
  asm.emit(0x2b); // ADD A,R3
  aTo(3);
  clrA();
  asm.emit(0x3a); // ADDC A,R2
  aTo(2);
  asm.label('skip');
  incDptr();
  aFrom(7);
  jnz('low');
  asm.emit(0x1e); // DEC R6
  asm.label('low');
  asm.emit(0x1f); // DEC R7
  sjmp('next');

  asm.label('summed');
  dptr(cell('SUM_HI'));
  aFrom(2);
  movx();
  incDptr();
  aFrom(3);
  movx();
  dptr(QT2025_IMAGE.sumAt);
  movc();
  asm.emit(0x6a); // XRL A,R2
  jnz('bad');
  incDptr();
  movc();
  asm.emit(0x6b); // XRL A,R3
  jnz('bad');
  put(cell('SUM_VERDICT0'), 0xf6);
  put(cell('SUM_VERDICT1'), 0x28);
  [0x20, 0x25, 0x0b, ...version.slice(0, 3), ...built].forEach(
    (value, i) => void put(cell('FW_PRODUCT_HI') + i, value),
  );
  put(cell('UC_STATUS'), UC_STATUS.configured);
  asm.label('rest');
  sjmp('rest');

  asm.label('bad');
  put(cell('SUM_VERDICT0'), 0xde);
  put(cell('SUM_VERDICT1'), 0xad);
  put(cell('UC_STATUS'), UC_STATUS['checksum-wrong']);
  sjmp('rest');

  asm.label('tick');
  for (const register of [ACC, PSW, DPL, DPH]) asm.emit(0xc0, register); // PUSH
  asm.emit(0xc2, TR0); // CLR TR0
  movDirect(TH0, RELOAD >> 8);
  movDirect(TL0, RELOAD & 0xff);
  asm.emit(0xd2, TR0); // SETB TR0
  dptr(cell('HEARTBEAT'));
  asm.emit(0xe0, 0x04, 0xf0); // MOVX A,@DPTR; INC A; MOVX @DPTR,A
  for (const register of [DPH, DPL, PSW, ACC]) asm.emit(0xd0, register); // POP
  asm.emit(0x32); // RETI
  return asm.build();
};
