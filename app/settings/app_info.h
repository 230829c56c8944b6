// SPDX-License-Identifier: GPL-3.0-or-later
// Small facts and services for QML that need no state: version, is a page built in, clipboard,
// numbers in words. QML singleton `AppInfo`.
#pragma once

#include <QObject>
#include <QQmlEngine>

class AppInfo : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_SINGLETON
  Q_PROPERTY(QString version READ version CONSTANT)
  Q_PROPERTY(QString qtVersion READ qtVersion CONSTANT)

 public:
  using QObject::QObject;
  QString version() const;
  QString qtVersion() const;

  // file is relative to ui/qml, e.g. "Models/ModelsPage.qml".
  Q_INVOKABLE bool hasPage(const QString& file) const;
  Q_INVOKABLE QUrl pageUrl(const QString& file) const;
  Q_INVOKABLE void copyText(const QString& text) const;
  // "1.4 GB", "512 KB"; decimal units.
  Q_INVOKABLE QString bytes(double count) const;
  // "4 s", "3 min 20 s", "2 h 5 min"
  Q_INVOKABLE QString duration(double seconds) const;
  // "1.5 B", "86 M": parameters
  Q_INVOKABLE QString parameters(double count) const;
  // 12.3 in the user's notation
  Q_INVOKABLE QString number(double value, int decimals = 0) const;
  // What was typed as a number, NaN when it cannot be used, and then why (app/number_text.h).
  Q_INVOKABLE double typedNumber(const QString& text, double low, double high, bool isWhole) const;
  Q_INVOKABLE QString numberProblem(const QString& text, double low, double high,
                                    bool isWhole) const;
  Q_INVOKABLE QString editableNumber(double value, bool isWhole) const;
  Q_INVOKABLE QString rangeText(double low, double high, bool isWhole) const;
  // "just now", "5 min ago", "yesterday", then a date
  Q_INVOKABLE QString ago(double unixTime) const;
  // Opens http and https addresses in the browser; nothing else.
  Q_INVOKABLE void openLink(const QString& link) const;
  Q_INVOKABLE void openFolder(const QString& path) const;
};
