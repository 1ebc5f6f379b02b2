/*
 * An open firmware for the 8051 of a QT2025. It checks itself, says who it is, takes its configuration, recognises the
 * module, brings the link up and keeps it up. Every step shows in STATUS, which drivers read at 3.D7FDh.
 */
#include "chip.h"
#include "eeprom.h"
#include "module.h"
#include "registers.h"

#define OLDEST_REVISION 0xb3
#define SELF_CONFIGURE 7
#define SELF_CONFIGURE_LIMITED 5

/* 1.C319h */
#define OP_CONFIGURED 0x0001
#define OP_HOLD 0x0002

#define EYE_NEEDED 30
#define ATTEMPTS 100
/* How long each step of the vendor's firmware takes: a driver that copes with these copes with the real chip. */
#define MS_CHECKSUM 14
#define MS_POWER_DOWN 62
#define MS_LOOK 10
#define MS_MODULE 400
#define MS_SET_UP 414
#define MS_ATTEMPT 7
#define MS_RETRY 74
#define MS_SWEEP 134
#define MS_LOSING 18
/* A DOM period is counted in rounds of the vendor's tracking loop. */
#define MS_DOM_ROUND 40

#define MS_HOLD 14
/* Link bits that light the LEDs, and what an LED register is told. */
#define LED_LINKS 0x39
#define LED_OFF 4
#define LED_ON 5

/* One tick: 10,000 timer counts whatever the latency; the one count between stop and start is added back. */
void tick(void) __interrupt(1) __using(2) {
  __asm
    clr _TR0
    mov a,#0xf1
    add a,_TL0
    mov _TL0,a
    mov a,#0xd8
    addc a,_TH0
    mov _TH0,a
    setb _TR0
  __endasm;
  HEARTBEAT++;
  if (++TICK_LOW == 0) TICK_HIGH++;
}

/* From the beginning, memories and registers as they are. */
static void restart(void) {
  IE = 0;
  __asm
    mov sp,#7
    ljmp 0
  __endasm;
}

static uint16_t image_word(uint16_t at) {
  return ((uint16_t)IMAGE(at) << 8) | IMAGE(at + 1);
}

/* Sum of `left` bytes from address 0. Written by hand: the program spends most of its instructions here. */
static uint16_t bytes_sum(uint16_t left) __naked {
  left;
  __asm
    mov r2,dpl         ; bytes left of this page
    mov r3,dph         ; whole pages behind it
    mov r4,#0          ; sum, low byte
    mov r5,#0          ; sum, high byte
    mov a,r2
    jz 00002$
    inc r3
  00002$:
    mov dptr,#0
    mov a,r3
    jz 00005$
  00003$:
    clr a
    movc a,@a+dptr
    add a,r4
    mov r4,a
    jnc 00004$
    inc r5
  00004$:
    inc dptr
    djnz r2,00003$
    djnz r3,00003$
  00005$:
    mov dpl,r4
    mov dph,r5
    ret
  __endasm;
}

/* Sum of all bytes but the two that hold it. */
static uint16_t image_sum(void) {
  return bytes_sum(image_word(IMAGE_LENGTH)) - IMAGE(IMAGE_SUM) - IMAGE(IMAGE_SUM + 1);
}

static uint8_t image_good(void) {
  uint16_t sum = image_sum();
  uint8_t good = sum == image_word(IMAGE_SUM) && image_word(IMAGE_LENGTH) != 0;
  CELL(VERDICT) = good ? 0xf6 : 0xde;
  CELL(VERDICT + 1) = good ? 0x28 : 0xad;
  CELL(VERDICT + 2) = sum >> 8;
  CELL(VERDICT + 3) = sum & 0xff;
  return good;
}

/* Stays here; the heart goes on beating. */
static void park(uint8_t status) {
  STATUS = status;
  for (;;)
    ;
}

static uint8_t two_digits(uint16_t at) {
  return (IMAGE(at) - '0') * 10 + (IMAGE(at + 1) - '0');
}

static void clear_variables(void) {
  uint16_t at;
  for (at = VARIABLES; at != 0x800; at++)
    if (at != RESTARTS) CELL(at) = 0;
}

static void identify(void) {
  CELL(IDENTITY) = 0x20;
  CELL(IDENTITY + 1) = 0x25;
  CELL(IDENTITY + 2) = 0x01;
  CELL(IDENTITY + 3) = IMAGE(IMAGE_VERSION);
  CELL(IDENTITY + 4) = IMAGE(IMAGE_VERSION + 1);
  CELL(IDENTITY + 5) = IMAGE(IMAGE_VERSION + 2);
  CELL(IDENTITY + 6) = two_digits(IMAGE_DATE + 6);
  CELL(IDENTITY + 7) = two_digits(IMAGE_DATE);
  CELL(IDENTITY + 8) = two_digits(IMAGE_DATE + 3);
  CHECKPOINT = 0xff;
  CELL(RESTARTS)++;
}

static uint8_t op_mode(void) {
  return reg_read(PMA, 0xc319) & 0xff;
}

static uint8_t self_configures(void) {
  return MODE_ASKED == SELF_CONFIGURE || MODE_ASKED == SELF_CONFIGURE_LIMITED;
}

/* The driver leaves its wishes in 3.26 to 3.29 and says so in 3.28. */
static void configure(void) {
  uint8_t mode = op_mode();
  uint16_t word;
  if (reg_read(PCS, 0x28) == 0xa528) {
    word = reg_read(PCS, 0x26);
    CELL(WORD0) = word >> 8;
    CELL(WORD0 + 1) = word & 0xff;
    word = reg_read(PCS, 0x27);
    CELL(WORD0 + 2) = word >> 8;
    CELL(WORD0 + 3) = word & 0xff;
    word = reg_read(PCS, 0x29);
    LENGTH_LIMIT = word & 0x0f;
    FORCED_TYPE = (word >> 4) & 0x0f;
  }
  LAN_WAN = reg_read(PMA, 0xc31a) & 0xff;
  OPTIONS_LOW = CELL(WORD0 + 3);
  OPTIONS_HIGH = CELL(WORD0 + 2);
  LINK_LEDS = LED_LINKS;
  MODE_ASKED = (mode >> 3) & 7;
  if ((mode & OP_CONFIGURED) == 0) MODE = mode;
  if (DOM_ROUNDS_HIGH == 0 && DOM_ROUNDS_LOW == 0) DOM_ROUNDS_LOW = 0x19;
}

/* The receiver is released for good only when it has locked; the option leaves it on all the time. */
static void hold_receiver(void) {
  if (OPTIONS_HIGH & HOLD_RECEIVER) reg_change(PCS, 0xc000, 0x0008, 0);
}

static void power_down(void) {
  reg_change(PMA, 0xc319, OP_CONFIGURED, 0);
  reg_change(PMA, 0x9005, 0, 0x0080);
  reg_change(PMA, 0x9002, 0, 0x0080);
  reg_change(PCS, 0xc000, 0x0008, 0);
  reg_change(PMA, 0xc300, 0x0018, 0x0004);
  wait_ms(MS_POWER_DOWN);
}

/* Returns only by a restart, with a module that can be used. */
static void find_module(void) {
  for (;;) {
    module_clear();
    power_down();
    if (module_absent()) {
      wait_ms(MS_LOOK);
      STATUS = NO_MODULE;
      while (module_absent()) wait_ms(MS_LOOK);
    }
    wait_ms(MS_MODULE);
    module_read();
    if (module_classify() != TYPE_INVALID) {
      module_announce();
      reg_change(PMA, 0x9005, 0x0080, 0);
      reg_change(PMA, 0xc319, 0, OP_CONFIGURED);
      restart();
    }
    STATUS = REFUSED;
    wait_ms(1);
    STATUS = BAD_MODULE;
    while (!module_absent()) {
      mailbox_serve();
      wait_ms(1);
    }
  }
}

static void set_up(void) {
  STATUS = CONFIGURED;
  reg_write(PMA, 0xc300, 0x0002);
  reg_write(PMA, 0xc300, 0x00ff);
  reg_write(PMA, 0xd101, (LAN_WAN & 1) ? 0x2035 : 0x2025);
  reg_write(PCS, 0xc000, (OPTIONS_HIGH & HOLD_RECEIVER) ? 0x0030 : 0x0038);
  wait_ms(MS_SET_UP);
}

static uint8_t looped(void) {
  return reg_read(PMA, 0x0000) & 1;
}

/* PMA loopback needs the receiver's polarity turned; LAN_WAN bit 6 remembers that it is. */
static uint8_t loopback_changed(void) {
  return looped() != ((LAN_WAN >> 6) & 1);
}

static void follow_loopback(void) {
  if (!loopback_changed()) return;
  LAN_WAN ^= 0x40;
  if (looped()) reg_change(PMA, 0xc301, 0, 0x0040);
  else reg_change(PMA, 0xc301, 0x0040, 0);
}

/* Modules of the 1G family have a receiver of their own: synchronised, and the MAC side set to its speed. */
static uint8_t gigabit_good(void) {
  return (reg_read(PCS, 0xc058) & 0x40) != 0 && (reg_read(PCS, 0xc050) & 0x40) != 0 && (reg_read(XS, 0xc000) & 0x08) != 0;
}

static uint8_t signal_good(void) {
  if ((ALARM & 0x02) != 0) return 0;
  return module_is_1g() ? gigabit_good() : (SIGNAL & 0x40) != 0;
}

static uint8_t eye_open(void) {
  return module_is_1g() || (int16_t)(int8_t)EYE_UPPER - (int16_t)(int8_t)EYE_LOWER > EYE_NEEDED;
}

/* True when the receiver stays locked until the one-shot timer runs out. */
static uint8_t stays_locked(void) {
  uint32_t counts = one_shot_counts(MS_HOLD);
  uint8_t n;
  ONE_SHOT_CONTROL |= HOLD_B;
  for (n = 0; n != 4; n++, counts >>= 8) ONE_SHOT(n) = counts & 0xff;
  ONE_SHOT_CONTROL &= ~HOLD_B;
  IE1 = 0;
  do {
    if (!signal_good() || ((LOCK & 0x04) == 0 && !module_is_1g())) return 0;
    wait_40_us();
  } while (!IE1);
  return 1;
}

/* With the option for it clear, one LED is lit by the link to the fibre, one by the link to the MAC. */
static void show_links(void) {
  static uint8_t shown = 0xff;
  uint8_t links = LINKS & LINK_LEDS;
  if ((OPTIONS_LOW & HOST_LEDS) != 0 || links == shown) return;
  shown = links;
  reg_write(PMA, 0xd006, (links & 0x01) ? LED_ON : LED_OFF);
  reg_write(PMA, 0xd007, (links & 0x20) ? LED_ON : LED_OFF);
}

/* What the host may ask for while a link is being sought or kept. */
static void serve(void) {
  static uint16_t dom_ms;
  show_links();
  mailbox_serve();
  if (op_mode() & OP_HOLD) restart();
  if (DOM_REFRESH != 1) dom_ms = 0;
  else if (++dom_ms >= (((uint16_t)DOM_ROUNDS_HIGH << 8) | DOM_ROUNDS_LOW) * MS_DOM_ROUND) {
    dom_ms = 0;
    dom_refresh();
  }
}

/* Waits and serves; false as soon as the signal is gone. */
static uint8_t good_for(uint8_t ms) {
  while (ms-- != 0) {
    if (!signal_good()) return 0;
    serve();
    wait_ms(1);
  }
  return 1;
}

/* Looks for a signal in STATUS 50h; false when it gave up or something else has changed. */
static uint8_t search(void) {
  uint8_t left;
  uint8_t ms;
  uint8_t was_good;
  for (left = ATTEMPTS; left != 0; left--) {
    STATUS = SEARCHING;
    reg_change(PMA, 0xc030, 0, 0x0010);
    reg_change(PMA, 0xc030, 0x0010, 0);
    if (stays_locked() && eye_open() && good_for(MS_SWEEP)) return 1;
    was_good = signal_good();
    for (ms = MS_RETRY; ms != 0 && signal_good() == was_good; ms--) {
      serve();
      wait_ms(1);
    }
    if (loopback_changed()) return 0;
    if (module_absent() && !looped()) return 0;
  }
  STATUS = ALMOST;
  wait_ms(1);
  return 0;
}

/* From lock to loss. */
static void track(void) {
  uint8_t good = 0;
  reg_change(PCS, 0xc000, 0, 0x0008);
  if (module_is_1g()) STATUS = TRACKING;
  else STATUS = ALMOST;
  for (;;) {
    if (!signal_good()) {
      ROUNDS_BAD++;
      break;
    }
    if (loopback_changed()) break;
    if (good != 0xff) good++;
    ROUNDS_GOOD = good;
    if (good > ROUNDS_NEEDED) STATUS = TRACKING;
    serve();
    wait_ms(1);
  }
  hold_receiver();
  wait_ms(MS_LOSING);
}

int main(void) {
  STATUS = STARTING;
  take_clock();
  TMOD = 0x01;
  if (!TR0) {
    TH0 = 0xd8;
    TL0 = 0xf0;
    TR0 = 1;
  }
  IE = 0x82;
  wait_ms(MS_CHECKSUM);
  if (!image_good()) park(SUM_WRONG);
  clear_variables();
  REVISION = reg_read(PMA, 0xd001) >> 8;
  if (REVISION < OLDEST_REVISION) park(TOO_OLD);
  identify();
  while (op_mode() & OP_HOLD) {
    STATUS = HELD;
    wait_ms(1);
  }
  configure();
  if ((op_mode() & OP_CONFIGURED) == 0 && self_configures()) find_module();
  set_up();
  if (ONE_SHOT_CONTROL & SAVE_STRAP) {
    STATUS = SAVING;
    eeprom_save();
  }
  for (;;) {
    hold_receiver();
    STATUS = ACQUIRING;
    follow_loopback();
    wait_ms(MS_ATTEMPT);
    if (module_absent() && !looped()) {
      if (self_configures()) find_module();
      STATUS = NO_MODULE;
      while (module_absent() && !looped()) wait_ms(MS_LOOK);
    } else if (search()) track();
  }
}
