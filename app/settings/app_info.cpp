// SPDX-License-Identifier: GPL-3.0-or-later
// Facts about the program and numbers in words.
#include "app/settings/app_info.h"

#include <QClipboard>
#include <QDateTime>
#include <QDesktopServices>
#include <QFile>
#include <QGuiApplication>
#include <QLocale>
#include <QUrl>
#include <cmath>
#include <limits>

#include "app/number_text.h"

QString AppInfo::version() const { return QStringLiteral(GREYLAG_VERSION); }

QString AppInfo::qtVersion() const { return QString::fromLatin1(qVersion()); }

bool AppInfo::hasPage(const QString& file) const {
  return QFile::exists(QStringLiteral(":/qt/qml/Greylag/") + file);
}

QUrl AppInfo::pageUrl(const QString& file) const {
  return QUrl(QStringLiteral("qrc:/qt/qml/Greylag/") + file);
}

void AppInfo::copyText(const QString& text) const { QGuiApplication::clipboard()->setText(text); }

QString AppInfo::bytes(double count) const {
  return QLocale().formattedDataSize(static_cast<qint64>(std::max(count, 0.0)), 1,
                                     QLocale::DataSizeSIFormat);
}

QString AppInfo::duration(double seconds) const {
  if (!std::isfinite(seconds) || seconds < 0) {
    return QStringLiteral("–");
  }
  const auto total = static_cast<qint64>(std::llround(seconds));
  if (total < 60) {
    return tr("%1 s").arg(total);
  }
  if (total < 3600) {
    return tr("%1 min %2 s").arg(total / 60).arg(total % 60);
  }
  return tr("%1 h %2 min").arg(total / 3600).arg(total % 3600 / 60);
}

QString AppInfo::parameters(double count) const {
  if (count >= 1e9) {
    return tr("%1 B").arg(QLocale().toString(count / 1e9, 'f', 1));
  }
  if (count >= 1e6) {
    return tr("%1 M").arg(QLocale().toString(count / 1e6, 'f', count < 1e7 ? 1 : 0));
  }
  return tr("%1 K").arg(QLocale().toString(count / 1e3, 'f', 0));
}

QString AppInfo::number(double value, int decimals) const {
  return QLocale().toString(value, 'f', decimals);
}

double AppInfo::typedNumber(const QString& text, double low, double high, bool isWhole) const {
  const TypedNumber typed = readNumber(text, {low, high, isWhole});
  return typed.problem.isEmpty() ? typed.value : std::numeric_limits<double>::quiet_NaN();
}

QString AppInfo::numberProblem(const QString& text, double low, double high, bool isWhole) const {
  return readNumber(text, {low, high, isWhole}).problem;
}

QString AppInfo::editableNumber(double value, bool isWhole) const {
  return ::editableNumber(value, isWhole);
}

QString AppInfo::rangeText(double low, double high, bool isWhole) const {
  return ::rangeText({low, high, isWhole});
}

QString AppInfo::ago(double unixTime) const {
  const QDateTime then = QDateTime::fromSecsSinceEpoch(static_cast<qint64>(unixTime));
  const QDateTime now = QDateTime::currentDateTime();
  const qint64 seconds = then.secsTo(now);
  if (seconds < 60) {
    return tr("just now");
  }
  if (seconds < 3600) {
    return tr("%1 min ago").arg(seconds / 60);
  }
  if (then.date() == now.date()) {
    return QLocale().toString(then.time(), QLocale::ShortFormat);
  }
  if (then.date().daysTo(now.date()) == 1) {
    return tr("yesterday");
  }
  return QLocale().toString(then.date(), QLocale::ShortFormat);
}

void AppInfo::openLink(const QString& link) const {
  const QUrl url(link, QUrl::StrictMode);
  if (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https")) {
    QDesktopServices::openUrl(url);
  }
}

void AppInfo::openFolder(const QString& path) const {
  QDesktopServices::openUrl(QUrl::fromLocalFile(path));
}
