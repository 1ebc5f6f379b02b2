/* The boot EEPROM, from which a board without a driver starts. */
#ifndef EEPROM_H
#define EEPROM_H

/* Copies program memory there; takes some six seconds. */
void eeprom_save(void);

#endif
