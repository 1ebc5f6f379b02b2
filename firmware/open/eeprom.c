/* Saves the program to the boot EEPROM: a sum, a length, then program memory up to there. */
#include "eeprom.h"
#include "chip.h"
#include "i2c.h"
#include "registers.h"

#define EEPROM_BYTES 0x6000
#define PAGE 64
#define PROGRAM_BYTES (EEPROM_BYTES - 3)
/* What the memory takes to write a page, and does not answer meanwhile. */
#define MS_PAGE 8

static uint8_t sum;

static void add_up(void) {
  uint16_t at;
  sum = 0;
  for (at = 0; at != PROGRAM_BYTES; at++) sum += IMAGE(at);
}

static uint8_t byte_at(uint16_t at) {
  if (at == 0) return sum;
  if (at == 1) return PROGRAM_BYTES >> 8;
  if (at == 2) return PROGRAM_BYTES & 0xff;
  return IMAGE(at - 3);
}

/* Two bytes of word address, the page, and STOP with its last byte. */
static uint8_t write_page(uint8_t device, uint16_t at) {
  uint8_t left = PAGE;
  if (!i2c_seek(device, at >> 8)) return 0;
  I2C_BYTE = at & 0xff;
  i2c(I2C_NEXT);
  do {
    I2C_BYTE = byte_at(at++);
    i2c(left == 1 ? I2C_LAST : I2C_NEXT);
  } while (--left != 0);
  return 1;
}

void eeprom_save(void) {
  uint8_t device = 0xa0 | ((STRAPS & 7) << 1);
  uint16_t at;
  if (!i2c_ready()) return;
  add_up();
  for (at = 0; at != EEPROM_BYTES; at += PAGE) {
    if (!write_page(device, at)) break;
    wait_ms(MS_PAGE);
  }
  i2c(I2C_STOP);
}
