// SPDX-License-Identifier: GPL-3.0-or-later
// What did the user choose for the window itself? Kept in HOME/app.ini as it changes. What belongs
// to the engine (port, device, configurations) is in EngineSettingsForm. GUI thread only.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QSettings>

#include "core/base/home.h"

class AppSettings : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_SINGLETON
  // "system", "en", "de"
  Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
  // "system", "light", "dark"
  Q_PROPERTY(QString theme READ theme WRITE setTheme NOTIFY themeChanged)
  Q_PROPERTY(bool isDark READ isDark NOTIFY themeChanged)
  // 0.8 to 1.4
  Q_PROPERTY(double fontScale READ fontScale WRITE setFontScale NOTIFY fontScaleChanged)
  Q_PROPERTY(QString fontFamily READ fontFamily CONSTANT)
  Q_PROPERTY(QString monoFamily READ monoFamily CONSTANT)

 public:
  explicit AppSettings(const greylag::Home& home, QObject* parent = nullptr);
  static AppSettings* create(QQmlEngine* engine, QJSEngine* script);

  QString language() const { return m_language; }
  void setLanguage(const QString& language);
  // "en" or "de", with "system" resolved.
  QString effectiveLanguage() const;
  QString theme() const { return m_theme; }
  void setTheme(const QString& theme);
  bool isDark() const;
  double fontScale() const { return m_fontScale; }
  void setFontScale(double scale);
  QString fontFamily() const;
  QString monoFamily() const;

  // A small value that a page wants to find again, e.g. the last chat. Keys: "area/name".
  Q_INVOKABLE QVariant remembered(const QString& key, const QVariant& fallback = {}) const;
  Q_INVOKABLE void remember(const QString& key, const QVariant& value);

 signals:
  void languageChanged();
  void themeChanged();
  void fontScaleChanged();

 private:
  QSettings m_file;
  QString m_language;
  QString m_theme;
  double m_fontScale = 1.0;
};
