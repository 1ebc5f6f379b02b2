/* Module memory over I2C, the classification, and the host's mailbox. */
#include "module.h"
#include "chip.h"
#include "i2c.h"
#include "registers.h"

#define A0 0xa0
#define A2 0xa2
#define BLOCK 128

#define DONE 1
#define FAILED 3

/* Mailbox bits. */
#define MB_BLOCK 0x01
#define MB_GO 0x02
#define MB_RESULT 0x0c
#define MB_WRITE 0x20
#define MB_A2 0x40
#define MB_ANY 0x80

/* By type 0 to 0Bh: 1.0007h, 1.D100h, 1.8018h, mode in force. */
static __code const uint8_t CLASSES[12][4] = {
  {0, 0, 0, 0x30},    {8, 0x02, 0, 0x00}, {7, 0, 1, 0x08},       {6, 0, 2, 0x08},
  {11, 0x10, 0, 0x20}, {0, 0, 0, 0x88},    {0, 0, 0, 0x88},       {0, 0, 0, 0x30},
  {0, 0, 0, 0x88},    {12, 0x20, 0, 0x88}, {7, 0, 1, 0x08},      {7, 0, 1, 0x08},
};

uint8_t module_absent(void) {
  return reg_read(PMA, 0xc200) & 1;
}

static uint16_t dom_base(void) {
  return (OPTIONS_LOW & DOM_AT_A000) ? 0xa000 : 0x8007;
}

static void keep(uint8_t device, uint8_t address, uint8_t value) {
  if (device == A0) CELL(address) = value;
  else reg_write(PMA, dom_base() + address, value);
}

/* `count` bytes (0 is 256) into the copies. A device that does not answer leaves its copy alone. */
static uint8_t copy(uint8_t device, uint8_t from, uint8_t count) {
  if (!i2c_ready()) return FAILED;
  if (!i2c_seek(device, from)) {
    i2c(I2C_STOP);
    return DONE;
  }
  i2c(I2C_STOP);
  do keep(device, from++, i2c_next(device));
  while (--count != 0);
  return DONE;
}

static uint8_t copy_all(uint8_t device) {
  uint8_t result = copy(device, 0, BLOCK);
  copy(device, BLOCK, BLOCK);
  return result;
}

void module_clear(void) {
  uint8_t n = 0;
  uint16_t base = dom_base();
  do {
    CELL(n) = 0;
    reg_write(PMA, base + n, 0);
  } while (++n != 0);
  MODULE_TYPE = TYPE_INVALID;
  reg_write(PMA, 0xd100, 0);
  reg_write(PMA, 0x0007, 0);
  reg_write(PMA, 0x8018, 0);
}

void module_read(void) {
  uint8_t result = copy_all(A0);
  result |= copy_all(A2) << 2;
  MODULE_READ = result;
  CABLE_LENGTH = CELL(18);
}

static uint8_t found(void) {
  uint8_t cable = CELL(8);
  uint8_t copper = (cable & 0x04) != 0 || CELL(2) == 0x21;
  uint8_t ten_gig = CELL(3);
  uint8_t one_gig = CELL(6);
  if (CELL(0) != 0x03) return TYPE_INVALID;
  if ((cable & 0x0c) != 0 && (CELL(60) & 0x01) != 0) return 0x04;
  if ((cable & 0x08) != 0 && (CELL(60) & 0x04) != 0) return 0x0b;
  if (copper && CELL(12) >= 100) return 0x04;
  if (ten_gig & 0x80) return 0x0a;
  if (ten_gig & 0x40) return 0x01;
  if (ten_gig & 0x20) return 0x03;
  if (ten_gig & 0x10) return 0x02;
  if (one_gig & 0x01) return 0x05;
  if (one_gig & 0x02) return 0x06;
  if (one_gig & 0x04) return 0x08;
  if (one_gig & 0x08) return 0x09;
  return copper ? 0x08 : TYPE_INVALID;
}

uint8_t module_classify(void) {
  uint8_t type = found();
  if (type == TYPE_INVALID && (OPTIONS_HIGH & FORCE_TYPE) != 0) type = FORCED_TYPE;
  MODULE_TYPE = type;
  return type >= 12 || type == 0 ? TYPE_INVALID : type;
}

void module_announce(void) {
  const __code uint8_t *class = CLASSES[MODULE_TYPE];
  reg_write(PMA, 0x0007, class[0]);
  reg_write(PMA, 0xd100, class[1]);
  reg_write(PMA, 0x8018, class[2]);
  MODE = class[3];
  ROUNDS_NEEDED = MODULE_TYPE == 0x01 || MODULE_TYPE == 0x04 ? 0x1e : 0x24;
}

uint8_t module_is_1g(void) {
  return MODE & 0x80;
}

/* A single byte of any device; true when it acknowledged. */
static uint8_t any_device(uint8_t write) {
  uint8_t device = MAILBOX_DEVICE & 0xfe;
  uint8_t answered = i2c_seek(device, MAILBOX_ADDRESS);
  if (answered && write) {
    I2C_BYTE = MAILBOX_VALUE;
    return i2c(I2C_LAST);
  }
  i2c(I2C_STOP);
  if (answered) MAILBOX_VALUE = i2c_next(device);
  return answered;
}

static uint8_t module_byte(uint8_t device, uint8_t write) {
  uint8_t address = MAILBOX_ADDRESS;
  if (!write) return copy(device, address, 1) == DONE;
  if (!i2c_seek(device, address)) return 0;
  I2C_BYTE = device == A0 ? CELL(address) : reg_read(PMA, dom_base() + address) & 0xff;
  return i2c(I2C_LAST);
}

void mailbox_serve(void) {
  uint8_t request = MAILBOX;
  uint8_t device = (request & MB_A2) ? A2 : A0;
  uint8_t done;
  if ((request & MB_GO) == 0) return;
  if (!i2c_ready()) done = 0;
  else if (request & MB_ANY) done = any_device(request & MB_WRITE);
  else if (request & MB_BLOCK) done = copy_all(device) == DONE;
  else done = module_byte(device, request & MB_WRITE);
  MAILBOX = (request & ~(MB_GO | MB_RESULT)) | (done ? DONE << 2 : FAILED << 2);
}

void dom_refresh(void) {
  copy(A2, 0x60, 10);
  copy(A2, 0x6e, 1);
  copy(A2, 0x70, 2);
  copy(A2, 0x74, 2);
}
