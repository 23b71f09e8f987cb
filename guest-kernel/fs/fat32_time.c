/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_time.c - dates of directory entries (FAT spec, "Date and Time Formats"): 1980 to 2107, in steps of 2 s. */
#include "fs/fat32.h"

#define NS_PER_SECOND 1000000000ll
#define DAY_SECONDS 86400ll
#define FIRST_SECOND 315532800ll /* 1980-01-01 */
#define LAST_SECOND 4354819199ll /* 2107-12-31 23:59:59 */

/* Days since 1970-01-01 in the Gregorian calendar. Years begin in March, so that the leap day is a year's last. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

    return (int64_t)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1) - 719468;
}

/* Not inline: each entry has several times. */
__attribute__((noinline)) int64_t fat_time_read(uint16_t date, uint16_t time, uint8_t hundredths)
{
    unsigned year = 1980 + (date >> 9), month = (date >> 5) & 15, day = date & 31;

    if (month == 0 || month > 12)
        month = 1;
    if (day == 0)
        day = 1;
    int64_t seconds = days_of(year, month, day) * DAY_SECONDS + (time >> 11) * 3600 + ((time >> 5) & 63) * 60 +
                      (time & 31) * 2 + hundredths / 100;
    return seconds * NS_PER_SECOND + hundredths % 100 * (NS_PER_SECOND / 100);
}

void fat_time_write(int64_t ns, uint16_t *date, uint16_t *time, uint8_t *hundredths)
{
    int64_t seconds = ns / NS_PER_SECOND;

    if (seconds < FIRST_SECOND)
        seconds = FIRST_SECOND;
    if (seconds > LAST_SECOND)
        seconds = LAST_SECOND;
    int64_t days = seconds / DAY_SECONDS;
    unsigned rest = (unsigned)(seconds % DAY_SECONDS), year = 1970 + (unsigned)(days / 366), month = 1;
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    while (month < 12 && days_of(year, month + 1, 1) <= days)
        month++;
    unsigned day = (unsigned)(days - days_of(year, month, 1)) + 1;
    *date = (uint16_t)((year - 1980) << 9 | month << 5 | day);
    *time = (uint16_t)(rest / 3600 << 11 | rest / 60 % 60 << 5 | rest % 60 / 2);
    *hundredths = (uint8_t)(rest % 2 * 100 + (unsigned)(ns % NS_PER_SECOND < 0 ? 0 : ns % NS_PER_SECOND / 10000000));
}
