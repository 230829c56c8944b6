// SPDX-License-Identifier: GPL-3.0-or-later
// What number did a person type? The one rule of every numeric field: separators of thousands are
// refused, and a point and a comma are both a decimal mark, unless the text could be a grouped
// number as well ("1.000" in German). Follows the default QLocale. Any thread.
#pragma once

#include <QString>

struct NumberRange {
  double low = 0;
  double high = 0;
  bool isWhole = false;
};

struct TypedNumber {
  double value = 0;  // holds when there is no problem
  QString problem;   // what to type instead, fit for the user; empty when the text can be used
};

TypedNumber readNumber(const QString& text, const NumberRange& range);
// In the user's notation and without separators of thousands, as readNumber takes it.
QString editableNumber(double value, bool isWhole);
// "1 to 64"
QString rangeText(const NumberRange& range);
