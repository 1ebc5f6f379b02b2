/* How a program says what it found: 32-bit results one after the other, into XDATA on the 8051, to standard output elsewhere. */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#ifdef __SDCC
#define RESULTS ((volatile __xdata uint8_t *)0xc000)
#define DONE (*(volatile __xdata uint8_t *)0xbfff)

static __xdata uint16_t reported;

static void report(uint32_t value) {
  uint8_t n;
  for (n = 0; n < 4; n++) {
    RESULTS[reported++] = value & 0xff;
    value >>= 8;
  }
}

#define BEGIN() reported = 0
#define END() DONE = 1; for (;;)
#else
#include <stdio.h>
#define __xdata
#define report(value) printf("%lu\n", (unsigned long)(uint32_t)(value))
#define BEGIN() (void)0
#define END() return 0
#endif

/* Numbers that look random and are the same everywhere. */
static uint32_t seed = 8051;
static uint32_t draw(void) {
  seed = seed * 1664525UL + 1013904223UL;
  return seed;
}

#endif
