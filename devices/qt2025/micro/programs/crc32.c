/* CRC-32 (IEEE 802.3) of 1,000 bytes, bit by bit and by a table made here, after every hundred. */
#include "report.h"

#define POLYNOMIAL 0xedb88320UL

static __xdata uint32_t table[256];

static uint32_t shifted(uint32_t crc) {
  uint8_t bit;
  for (bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
  return crc;
}

int main(void) {
  uint16_t n;
  uint8_t byte;
  uint32_t slow = 0xffffffffUL, fast = 0xffffffffUL;
  BEGIN();
  for (n = 0; n < 256; n++) table[n] = shifted(n);
  for (n = 1; n <= 1000; n++) {
    byte = draw() >> 24;
    slow = shifted(slow ^ byte);
    fast = table[(uint8_t)(fast ^ byte)] ^ (fast >> 8);
    if (n % 100 != 0) continue;
    report(~slow);
    report(~fast);
  }
  END();
}
