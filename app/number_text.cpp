// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/number_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>
#include <cmath>

namespace {

QString say(const char* source) { return QCoreApplication::translate("NumberText", source); }

QString wanted(const NumberRange& range) {
  const char* text =
      range.isWhole ? QT_TRANSLATE_NOOP("NumberText", "A whole number, %1, no separators")
                    : QT_TRANSLATE_NOOP("NumberText", "A number, %1, no separators of thousands");
  return say(text).arg(rangeText(range));
}

}  // namespace

TypedNumber readNumber(const QString& text, const NumberRange& range) {
  static const QRegularExpression kNumber(QStringLiteral(
      R"(^([+-]?)(?:([0-9]+)(?:([.,])([0-9]*))?|([.,])([0-9]+))([eE][+-]?[0-9]+)?$)"));
  QString typed = text.trimmed();
  typed.replace(QChar(0x2212), QLatin1Char('-'));  // the minus sign of some locales
  const QRegularExpressionMatch match = kNumber.match(typed);
  const QString whole = match.captured(2);
  const QString mark = match.captured(3) + match.captured(5);
  const QString fraction = match.captured(4) + match.captured(6);
  const QString rest = match.captured(7);
  const bool isForeign = !mark.isEmpty() && mark != QLocale().decimalPoint();
  const bool mayBeGrouped = isForeign && fraction.size() == 3 && whole.size() <= 3 &&
                            !whole.isEmpty() && whole.front() != QLatin1Char('0') && rest.isEmpty();
  if (!match.hasMatch() || (range.isWhole && !mark.isEmpty() && !mayBeGrouped)) {
    return {0, wanted(range)};
  }
  if (mayBeGrouped) {
    const QString sign = match.captured(1);
    const QString grouped = sign + whole + fraction;
    if (range.isWhole) {
      return {0, say(QT_TRANSLATE_NOOP("NumberText", "Write %1 without a separator")).arg(grouped)};
    }
    return {0, say(QT_TRANSLATE_NOOP("NumberText", "Write %1 or %2: this can mean both"))
                   .arg(grouped, sign + whole + QLocale().decimalPoint() + fraction)};
  }
  bool isNumber = false;
  const double value =
      QLocale::c().toDouble(typed.replace(QLatin1Char(','), QLatin1Char('.')), &isNumber);
  const bool fits = isNumber && std::isfinite(value) && value >= range.low && value <= range.high &&
                    (!range.isWhole || value == std::floor(value));
  return fits ? TypedNumber{value, {}} : TypedNumber{0, wanted(range)};
}

QString editableNumber(double value, bool isWhole) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  return isWhole ? locale.toString(static_cast<qlonglong>(value))
                 : locale.toString(value, 'g', QLocale::FloatingPointShortest);
}

QString rangeText(const NumberRange& range) {
  return say(QT_TRANSLATE_NOOP("NumberText", "%1 to %2"))
      .arg(editableNumber(range.low, range.isWhole), editableNumber(range.high, range.isWhole));
}
