/* Words: sorted, reversed, counted, numbers in and out of text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report.h"

#define WORDS 12
#define LONGEST 14

static const char *const words[WORDS] = {"laser", "fibre", "preamble", "turnaround", "lane", "eye", "latch", "lasers",
                                         "block lock", "", "checksum", "Laser"};
static __xdata char sorted[WORDS][LONGEST];
static __xdata char line[80];

static void report_text(const __xdata char *text) {
  report(strlen(text));
  while (*text != 0) report((uint8_t)*text++);
}

static void sort(void) {
  uint8_t n, m;
  static __xdata char word[LONGEST];
  for (n = 0; n < WORDS; n++) {
    strcpy(word, words[n]);
    for (m = n; m > 0 && strcmp(sorted[m - 1], word) > 0; m--) memcpy(sorted[m], sorted[m - 1], LONGEST);
    strcpy(sorted[m], word);
  }
}

static void reverse(__xdata char *text) {
  __xdata char *end = text + strlen(text);
  char kept;
  while (end > text + 1) {
    kept = *--end;
    *end = *text;
    *text++ = kept;
  }
}

int main(void) {
  uint8_t n;
  int32_t number;
  BEGIN();
  sort();
  for (n = 0; n < WORDS; n++) report_text(sorted[n]);
  for (n = 0; n < WORDS; n++) {
    reverse(sorted[n]);
    report_text(sorted[n]);
  }
  for (n = 0; n < 10; n++) {
    number = (int32_t)draw() >> (n * 3);
    sprintf(line, "%ld %lx %u %c [%5d] %s", (long)number, (unsigned long)((uint32_t)number >> 1), (unsigned)(uint16_t)number,
            'a' + n, (int)(number % 1000), words[n]);
    report_text(line);
    report(atol(line) == number);
  }
  END();
}
