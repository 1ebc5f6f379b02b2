/* 32-bit arithmetic on pairs of numbers of all sizes, signed and not. */
#include "report.h"

#define PAIRS 96

int main(void) {
  uint8_t n, by;
  uint32_t a, b;
  int32_t c, d;
  BEGIN();
  for (n = 0; n < PAIRS; n++) {
    a = draw();
    a >>= n % 29;
    b = draw();
    b = (b >> (n * 5) % 31) | 1;
    by = draw() >> 27;
    report(a + b);
    report(a - b);
    report(a * b);
    report(a / b);
    report(a % b);
    report(a << by);
    report(a >> by);
    report((a < b) | ((a == b) << 1));
    c = (int32_t)a;
    d = (int32_t)b;
    if (n & 1) d = -d;
    report(c / d);
    report(c % d);
    report(c >> by);
    report(c < d);
    report((uint32_t)((uint16_t)a * (uint32_t)(uint16_t)b));
    report((uint16_t)((uint8_t)a * (uint8_t)b));
    report((uint16_t)a / (uint16_t)b);
  }
  END();
}
