/* The I2C bus: the module in the cage, and the boot EEPROM. */
#ifndef I2C_H
#define I2C_H

#include <stdint.h>

/* Commands of the master. */
#define I2C_NEXT 0x01
#define I2C_START 0x03
#define I2C_STOP 0x04
#define I2C_LAST 0x05

/* The bus is free; sets its speed. */
uint8_t i2c_ready(void);
/* One command; true when the device acknowledged. */
uint8_t i2c(uint8_t command);
/* Points the device at a byte of its memory. */
uint8_t i2c_seek(uint8_t device, uint8_t address);
/* The byte the device points at; it then points at the next one. */
uint8_t i2c_next(uint8_t device);

#endif
