/* The virtual QT2025 as its 8051 sees it: special function registers, XDATA cells, and the header of this image. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

/* Core and timer 0. */
__sfr __at(0x88) TCON;
__sfr __at(0x89) TMOD;
__sfr __at(0x8a) TL0;
__sfr __at(0x8c) TH0;
__sfr __at(0xa8) IE;
__sbit __at(0x8b) IE1; /* one-shot timer B has run out */
__sbit __at(0x8c) TR0;
__sbit __at(0xaf) EA;

/* Third byte of the data pointer: MOVX with 1 to 4 here is an MDIO register of that MMD. */
__sfr __at(0x93) DPX;

/* I2C master. */
__sfr __at(0xf4) I2C_ADDRESS;
__sfr __at(0xf5) I2C_COMMAND;
__sfr __at(0xf6) I2C_BYTE;
__sfr __at(0xf7) I2C_DIVIDER;
#define I2C_BUSY 0x01
#define I2C_FAILED 0x02
#define I2C_FREE 0x20

/* A byte of XDATA. 0000h to 07FFh is shared with the host as 3.D000h to 3.D7FFh. */
#define CELL(address) (*(volatile __xdata uint8_t *)(address))

/* Pins and what the receiver's hardware says. */
#define LINKS CELL(0x2006)  /* bit 0: line side up; bit 5: MAC side up */
#define STRAPS CELL(0x2051) /* bits 2:0: address of the boot EEPROM */
#define LOCK CELL(0x2002)   /* bit 2: locked */
#define SIGNAL CELL(0x2007) /* bit 6: signal good */
#define ALARM CELL(0x2049)  /* bit 1: signal lost */
#define EYE_UPPER CELL(0x2129)
#define EYE_LOWER CELL(0x212b)

/* One-shot timer B: counts up at 15.6 MHz, sets IE1 when it overflows. */
#define ONE_SHOT(byte) CELL(0x4018 + (byte))
#define ONE_SHOT_CONTROL CELL(0x4054)
#define HOLD_B 0x02
#define SAVE_STRAP 0x20 /* in the same byte: copy the program to the boot EEPROM */

/* High bytes of MDIO registers on their way. */
#define HIGH_OUT CELL(0x4052)
#define HIGH_IN CELL(0x4053)

/* Cells of the window that drivers know. Addresses are offsets from 3.D000h. */
#define MAILBOX CELL(0x100)
#define MAILBOX_ADDRESS CELL(0x101)
#define MAILBOX_DEVICE CELL(0x102)
#define MAILBOX_VALUE CELL(0x103)
#define MODULE_READ CELL(0x110)
#define WORD0 0x700 /* configuration words 3.26 and 3.27, high byte first */
#define LAN_WAN CELL(0x704)
#define MODE CELL(0x705)
#define OPTIONS_LOW CELL(0x706)
#define OPTIONS_HIGH CELL(0x707)
#define REVISION CELL(0x708)
#define ROUNDS_NEEDED CELL(0x70a)
#define MODE_ASKED CELL(0x70b)
#define MODULE_TYPE CELL(0x70c)
#define LINK_LEDS CELL(0x70d)
#define CABLE_LENGTH CELL(0x70e)
#define LENGTH_LIMIT CELL(0x70f)
#define FORCED_TYPE CELL(0x710)
#define VERDICT 0x716
#define DOM_REFRESH CELL(0x71a)
#define I2C_FAST CELL(0x71b)
#define DOM_ROUNDS_HIGH CELL(0x71c)
#define DOM_ROUNDS_LOW CELL(0x71d)
#define VARIABLES 0x720
#define ROUNDS_BAD CELL(0x73b)
#define ROUNDS_GOOD CELL(0x73c)
#define TICK_HIGH CELL(0x7c0)
#define TICK_LOW CELL(0x7c1)
#define HEARTBEAT CELL(0x7ee)
#define RESTARTS 0x7ef
#define IDENTITY 0x7f0
#define CHECKPOINT CELL(0x7fa)
#define CHECKPOINT_STOP CELL(0x7fb)
#define STATUS CELL(0x7fd)

/* Options. */
#define HOST_LEDS 0x01    /* low byte: the host decides what the LEDs show, else this program */
#define DOM_AT_A000 0x80  /* low byte: module A2h appears at 1.A000h, else at 1.8007h */
#define FORCE_TYPE 0x02   /* high byte: an invalid module counts as FORCED_TYPE */
#define HOLD_RECEIVER 0x08 /* high byte: receiver off until it has locked */

/* Values of STATUS. */
#define STARTING 0x00
#define CONFIGURED 0x10
#define SAVING 0x20
#define NO_MODULE 0x30
#define BAD_MODULE 0x31
#define HELD 0x32
#define REFUSED 0x39
#define ACQUIRING 0x40
#define SEARCHING 0x50
#define ALMOST 0x60
#define TRACKING 0x70
#define SUM_WRONG 0xf0
#define TOO_OLD 0xf8

/* Header of this image, filled in by the build. */
#define IMAGE(offset) (*(__code uint8_t *)(offset))
#define IMAGE_SUM 0x0a00
#define IMAGE_LENGTH 0x0a02
#define IMAGE_DATE 0x0a04
#define IMAGE_VERSION 0x0a14

#endif
