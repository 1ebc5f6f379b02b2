/* The module in the cage: its memory, its type, and the mailbox through which the host reaches it. */
#ifndef MODULE_H
#define MODULE_H

#include <stdint.h>

#define TYPE_INVALID 7

uint8_t module_absent(void);
/* Forgets the last module: memory copies, type and the registers that depend on it. */
void module_clear(void);
/* Copies A0h and A2h to where the host looks for them. */
void module_read(void);
/* The type by the rules of the vendor's firmware; also in MODULE_TYPE. */
uint8_t module_classify(void);
/* Registers that depend on the type. */
void module_announce(void);
/* True for modules of the 1G family. */
uint8_t module_is_1g(void);

/* Does what the host asks for in MAILBOX, if anything. */
void mailbox_serve(void);
/* Reads measured values and flags again. */
void dom_refresh(void);

#endif
