/* The I2C master: one command at a time, each waited for. */
#include "i2c.h"
#include "chip.h"
#include "registers.h"

#define READ_START 0x07
/* A bus that stays busy is given up after 11 ms. */
#define POLLS 256

uint8_t i2c(uint8_t command) {
  uint16_t polls = POLLS;
  I2C_COMMAND = command;
  while ((I2C_COMMAND & I2C_BUSY) != 0 && --polls != 0) wait_40_us();
  return (I2C_COMMAND & I2C_FAILED) == 0;
}

uint8_t i2c_ready(void) {
  I2C_DIVIDER = I2C_FAST ? 0x13 : 0x4e;
  return (I2C_COMMAND & I2C_FREE) != 0;
}

uint8_t i2c_seek(uint8_t device, uint8_t address) {
  I2C_ADDRESS = device;
  I2C_BYTE = address;
  return i2c(I2C_START);
}

uint8_t i2c_next(uint8_t device) {
  I2C_ADDRESS = device | 1;
  i2c(READ_START);
  i2c(I2C_LAST);
  return I2C_BYTE;
}
