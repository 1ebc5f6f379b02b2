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

/* Passes of the loop below that take a millisecond. */
static uint16_t passes;
static uint8_t slower;

/* The usual clock is 125 MHz; 1.C302h bits 4:2 divide it by 2, 4, 8 or 16. */
void take_clock(void) {
  uint8_t speed = (reg_read(PMA, 0xc302) >> 2) & 7;
  slower = speed > 2 && speed < 7 ? speed - 2 : 0;
  passes = 9612 >> slower;
}

/* Counts `passes` down, 13 cycles each, one in 256 with 14. The compiler does not look in here: registers go back as they were. */
static void count_down(void) __naked {
  __asm
    push ar6
    push ar7
    mov r7,_passes
    mov r6,(_passes + 1)
  00001$:
    mov a,r7
    orl a,r6
    jz 00002$
    mov a,r7
    dec r7
    jnz 00003$
    dec r6
  00003$:
    sjmp 00001$
  00002$:
    pop ar7
    pop ar6
    ret
  __endasm;
}

void wait_ms(uint16_t ms) {
  while (ms-- != 0) count_down();
}

uint32_t one_shot_counts(uint8_t ms) {
  return 0UL - (15624UL * ms >> slower);
}

/* 256 passes of nine cycles are 18.4 us; calling and returning takes the rest. */
void wait_20_us(void) __naked {
  __asm
    push ar7
    mov r7,#0
  00001$:
    nop
    nop
    nop
    nop
    nop
    nop
    djnz r7,00001$
    pop ar7
    ret
  __endasm;
}
