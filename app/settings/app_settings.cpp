// SPDX-License-Identifier: GPL-3.0-or-later
// HOME/app.ini behind typed properties.
#include "app/settings/app_settings.h"

#include <QFontDatabase>
#include <QGuiApplication>
#include <QLocale>
#include <QPalette>
#include <algorithm>

#include "app/app_context.h"
#include "core/base/file.h"

namespace {
constexpr double kMinFontScale = 0.8;
constexpr double kMaxFontScale = 1.4;

QString firstInstalled(const QStringList& families, const QString& fallback) {
  const QStringList installed = QFontDatabase::families();
  for (const QString& family : families) {
    if (installed.contains(family)) {
      return family;
    }
  }
  return fallback;
}
}  // namespace

AppSettings::AppSettings(const greylag::Home& home, QObject* parent)
    : QObject(parent),
      m_file(QString::fromStdString(greylag::path_to_utf8(home.root / "app.ini")),
             QSettings::IniFormat) {
  m_file.setValue(QStringLiteral("schema"), 1);
  m_language = m_file.value(QStringLiteral("window/language"), QStringLiteral("system")).toString();
  m_theme = m_file.value(QStringLiteral("window/theme"), QStringLiteral("system")).toString();
  m_fontScale = std::clamp(m_file.value(QStringLiteral("window/font_scale"), 1.0).toDouble(),
                           kMinFontScale, kMaxFontScale);
}

AppSettings* AppSettings::create(QQmlEngine* engine, QJSEngine* /*script*/) {
  return AppContext::of(engine)->shared(AppContext::of(engine)->settings());
}

void AppSettings::setLanguage(const QString& language) {
  if (m_language != language) {
    m_language = language;
    m_file.setValue(QStringLiteral("window/language"), language);
    emit languageChanged();
  }
}

QString AppSettings::effectiveLanguage() const {
  if (m_language != QLatin1String("system")) {
    return m_language;
  }
  return QLocale::system().language() == QLocale::German ? QStringLiteral("de")
                                                         : QStringLiteral("en");
}

void AppSettings::setTheme(const QString& theme) {
  if (m_theme != theme) {
    m_theme = theme;
    m_file.setValue(QStringLiteral("window/theme"), theme);
    emit themeChanged();
  }
}

bool AppSettings::isDark() const {
  if (m_theme == QLatin1String("system")) {
    return QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
  }
  return m_theme == QLatin1String("dark");
}

void AppSettings::setFontScale(double scale) {
  const double clamped = std::clamp(scale, kMinFontScale, kMaxFontScale);
  if (!qFuzzyCompare(clamped, m_fontScale)) {
    m_fontScale = clamped;
    m_file.setValue(QStringLiteral("window/font_scale"), clamped);
    emit fontScaleChanged();
  }
}

QString AppSettings::fontFamily() const {
#if defined(Q_OS_WIN) || defined(Q_OS_MACOS)
  return QGuiApplication::font().family();
#else
  return firstInstalled({QStringLiteral("Inter"), QStringLiteral("Noto Sans"),
                         QStringLiteral("Cantarell"), QStringLiteral("Ubuntu")},
                        QGuiApplication::font().family());
#endif
}

QString AppSettings::monoFamily() const {
  return firstInstalled({QStringLiteral("JetBrains Mono"), QStringLiteral("Noto Sans Mono"),
                         QStringLiteral("Cascadia Mono"), QStringLiteral("DejaVu Sans Mono")},
                        QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
}

QVariant AppSettings::remembered(const QString& key, const QVariant& fallback) const {
  return m_file.value(key, fallback);
}

void AppSettings::remember(const QString& key, const QVariant& value) {
  m_file.setValue(key, value);
}
