/* The gateway: a register is reached by MOVX while DPX names its MMD; its high byte passes through a cell of its own. */
#include "registers.h"
#include "chip.h"

/* The tick handler uses MOVX too, so it must not come in between. */
uint16_t reg_read(uint8_t mmd, uint16_t reg) {
  uint8_t low;
  EA = 0;
  DPX = mmd;
  low = CELL(reg);
  DPX = 0;
  reg = ((uint16_t)HIGH_IN << 8) | low;
  EA = 1;
  return reg;
}

void reg_write(uint8_t mmd, uint16_t reg, uint16_t value) {
  EA = 0;
  HIGH_OUT = value >> 8;
  DPX = mmd;
  CELL(reg) = value & 0xff;
  DPX = 0;
  EA = 1;
}

void reg_change(uint8_t mmd, uint16_t reg, uint16_t clear, uint16_t set) {
  reg_write(mmd, reg, (reg_read(mmd, reg) & ~clear) | set);
}

/* 9,615 passes of 13 cycles at 125 MHz. */
static void one_ms(void) __naked {
  __asm
    mov r7,#(9615 & 0xff)
    mov r6,#(9615 >> 8)
  00001$:
    mov a,r7
    orl a,r6
    jz 00002$
    mov a,r7
    dec r7
    jnz 00001$
    dec r6
    sjmp 00001$
  00002$:
    ret
  __endasm;
}

void wait_ms(uint16_t ms) {
  while (ms-- != 0) one_ms();
}
