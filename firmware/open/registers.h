/* MDIO registers, through the gateway. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define PMA 1
#define WIS 2
#define PCS 3
#define XS 4

uint16_t reg_read(uint8_t mmd, uint16_t reg);
void reg_write(uint8_t mmd, uint16_t reg, uint16_t value);
/* Sets and clears bits; what the host keeps in the others survives. */
void reg_change(uint8_t mmd, uint16_t reg, uint16_t clear, uint16_t set);

/* How fast the core runs: first of all, for whatever waits. */
void take_clock(void);
/* What a one-shot timer is loaded with; it counts up to overflow. */
uint32_t one_shot_counts(uint8_t ms);

/* Waiting is done by counting: the tick goes on meanwhile. */
void wait_ms(uint16_t ms);
void wait_40_us(void);

#endif
