/* Primes below LIMIT: how many, their sum, the last ten. */
#include "report.h"

#define LIMIT 8192

static __xdata uint8_t composite[LIMIT];

int main(void) {
  uint16_t n, multiple, count = 0;
  uint32_t sum = 0;
  BEGIN();
  for (n = 2; n < LIMIT; n++) {
    if (composite[n]) continue;
    count++;
    sum += n;
    if (n < 91) for (multiple = n * n; multiple < LIMIT; multiple += n) composite[multiple] = 1;
  }
  report(count);
  report(sum);
  for (n = LIMIT - 1, count = 0; count < 10; n--) {
    if (composite[n]) continue;
    count++;
    report(n);
  }
  END();
}
