// SPDX-License-Identifier: GPL-3.0-or-later
// What people type as numbers, in a German and in an English window.
#include "app/number_text.h"

#include <QLocale>
#include <QTest>
#include <cmath>

namespace {
constexpr double kRefused = NAN;
const NumberRange kAny{-1e9, 1e9, false};
const NumberRange kWhole{-1e9, 1e9, true};
const QLocale kGerman(QLocale::German, QLocale::Germany);
const QLocale kEnglish(QLocale::English, QLocale::UnitedStates);
}  // namespace

class NumberTextTest : public QObject {
  Q_OBJECT

 private slots:
  void cleanup() { QLocale::setDefault(QLocale::c()); }

  void understandsOnlyWhatMeansOneNumber_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("german");
    QTest::addColumn<double>("english");
    QTest::addColumn<double>("whole");  // German
    const auto row = [](const char* text, double german, double english, double whole) {
      QTest::newRow(text) << QString::fromUtf8(text) << german << english << whole;
    };
    row("0.001", 0.001, 0.001, kRefused);
    row("0,001", 0.001, 0.001, kRefused);
    row("1.000", kRefused, 1, kRefused);
    row("1,000", 1, kRefused, kRefused);
    row("12.500", kRefused, 12.5, kRefused);
    row("-1.000", kRefused, -1, kRefused);
    row("1.5", 1.5, 1.5, kRefused);
    row("1234.567", 1234.567, 1234.567, kRefused);
    row("1.0000", 1, 1, kRefused);
    row("1.000e3", 1000, 1000, kRefused);
    row("1000", 1000, 1000, 1000);
    row(" 7 ", 7, 7, 7);
    row("+7", 7, 7, 7);
    row("\u2212"
        "7",
        -7, -7, -7);
    row("1e3", 1000, 1000, 1000);
    row("1E-4", 1e-4, 1e-4, kRefused);
    row(",5", 0.5, 0.5, kRefused);
    row("5.", 5, 5, kRefused);
    for (const char* text :
         {"",      "-",     ".",          "1.000.000",  "1,000,000", "1.000,5", "1,000.5",
          "1 000", "1'000", "1\u00a0000", "1\u202f000", "0x10",      "nan",     "inf",
          "1e999", "1e",    "2 3",        "five",       "1_000",     "\u0661"}) {
      row(text, kRefused, kRefused, kRefused);
    }
  }
  void understandsOnlyWhatMeansOneNumber() {
    QFETCH(QString, text);
    const auto compare = [&](const QLocale& locale, const NumberRange& range, double expected) {
      QLocale::setDefault(locale);
      const TypedNumber typed = readNumber(text, range);
      QCOMPARE(typed.problem.isEmpty(), !std::isnan(expected));
      if (!std::isnan(expected)) QCOMPARE(typed.value, expected);
    };
    QFETCH(double, german);
    QFETCH(double, english);
    QFETCH(double, whole);
    compare(kGerman, kAny, german);
    compare(kEnglish, kAny, english);
    compare(kGerman, kWhole, whole);
  }

  void refusesWhatIsOutOfRangeAndNamesTheRange() {
    QLocale::setDefault(kGerman);
    QCOMPARE(readNumber("0", {1, 64, true}).problem,
             QStringLiteral("A whole number, 1 to 64, no separators"));
    QVERIFY(!readNumber("65", {1, 64, true}).problem.isEmpty());
    QVERIFY(readNumber("1,5", {0, 1.5, false}).problem.isEmpty());
    QVERIFY(readNumber("1,6", {0, 1.5, false}).problem.contains("0 to 1,5"));
  }

  void whatItShowsItReads() {
    for (const QLocale& locale : {kGerman, kEnglish}) {
      QLocale::setDefault(locale);
      for (const double value : {0.001, 1.125, 0.1 + 0.2, 1e-8, 1e6, 65536.0, 12345.678, -2.5}) {
        const TypedNumber typed = readNumber(editableNumber(value, false), kAny);
        QCOMPARE(typed.problem, QString());
        QCOMPARE(typed.value, value);
      }
      QCOMPARE(editableNumber(1'234'567, true), QStringLiteral("1234567"));
    }
  }
};

QTEST_GUILESS_MAIN(NumberTextTest)
#include "number_text_test.moc"
