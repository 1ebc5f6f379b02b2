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

/* Rounds of the loop below that take a millisecond, 771 cycles each, by how often the clock is halved; right to 2 %. */
static __code const uint8_t ROUNDS[5] = {162, 81, 40, 20, 10};
static uint8_t rounds;
static uint8_t slower;

/* The usual clock is 125 MHz; 1.C302h bits 4:2 divide it by 2, 4, 8 or 16. */
void take_clock(void) {
  uint8_t speed = (reg_read(PMA, 0xc302) >> 2) & 7;
  slower = speed > 2 && speed < 7 ? speed - 2 : 0;
  rounds = ROUNDS[slower];
}

/* By hand, for a program waits most of the time. The compiler does not look in here: registers go back as they were. */
void wait_ms(uint16_t ms) __naked {
  ms;
  __asm
    push ar6
    push ar7
    sjmp 00003$
  00001$:
    mov a,dpl
    jnz 00002$
    dec dph
  00002$:
    dec dpl
    mov r7,#0
    mov r6,_rounds
  00004$:
    djnz r7,00004$
    djnz r6,00004$
  00003$:
    mov a,dpl
    orl a,dph
    jnz 00001$
    pop ar7
    pop ar6
    ret
  __endasm;
}

uint32_t one_shot_counts(uint8_t ms) {
  return 0UL - (15624UL * ms >> slower);
}

/* Six rounds of 771 cycles are 37 us; calling and returning takes the rest. */
void wait_40_us(void) __naked {
  __asm
    push ar6
    push ar7
    mov r7,#0
    mov r6,#6
  00001$:
    djnz r7,00001$
    djnz r6,00001$
    pop ar7
    pop ar6
    ret
  __endasm;
}
