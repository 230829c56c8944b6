// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/figures.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

namespace {

QString text(const char* source) { return QCoreApplication::translate("Figures", source); }

}  // namespace

QString sizeText(uint64_t bytes) {
  return QLocale().formattedDataSize(static_cast<qint64>(bytes), bytes < 1000000 ? 0 : 1,
                                     QLocale::DataSizeSIFormat);
}

QString countText(int64_t count) {
  const QLocale locale;
  const auto value = static_cast<double>(count);
  if (count >= 1000000000) return locale.toString(value / 1e9, 'f', 1) + QStringLiteral(" B");
  if (count >= 1000000) return locale.toString(value / 1e6, 'f', 1) + QStringLiteral(" M");
  if (count >= 10000) return locale.toString(value / 1e3, 'f', 0) + QStringLiteral(" k");
  return locale.toString(static_cast<qlonglong>(count));
}

QString durationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return {};
  const auto whole = static_cast<qint64>(std::llround(seconds));
  if (whole < 60) {
    return text(QT_TRANSLATE_NOOP("Figures", "%1 s")).arg(whole);
  }
  if (whole < 3600) {
    return text(QT_TRANSLATE_NOOP("Figures", "%1 min %2 s")).arg(whole / 60).arg(whole % 60);
  }
  if (whole < 48 * 3600) {
    return text(QT_TRANSLATE_NOOP("Figures", "%1 h %2 min"))
        .arg(whole / 3600)
        .arg(whole % 3600 / 60);
  }
  return text(QT_TRANSLATE_NOOP("Figures", "%1 days %2 h"))
      .arg(whole / 86400)
      .arg(whole % 86400 / 3600);
}

QString rateText(double bytesPerSecond) {
  if (!std::isfinite(bytesPerSecond) || bytesPerSecond < 1) return {};
  return text(QT_TRANSLATE_NOOP("Figures", "%1/s"))
      .arg(sizeText(static_cast<uint64_t>(bytesPerSecond)));
}
