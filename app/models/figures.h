// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them: sizes, counts, durations, speeds, in the user's locale.
#pragma once

#include <QString>
#include <cstdint>

QString sizeText(uint64_t bytes);         // "382 MB", decimal units as shops and disks use
QString countText(int64_t count);         // "191.0 M"
QString durationText(double seconds);     // "2 min 10 s"; empty below 0 or not finite
QString rateText(double bytesPerSecond);  // "3.1 MB/s"; empty at 0
