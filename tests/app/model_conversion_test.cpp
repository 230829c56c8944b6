// SPDX-License-Identifier: GPL-3.0-or-later
// Converting a model: what is offered, what a conversion's events make of it.
#include "app/models/model_conversion.h"

#include <QSignalSpy>
#include <QtTest>

#include "core/protocol/codec.h"

using greylag::protocol::ConversionStatus;

namespace {

ConversionStatus status(const std::string& state) {
  ConversionStatus row;
  row.model = "m";
  row.name = "m-q4_k.gguf";
  row.type = "q4_k";
  row.state = state;
  row.bytes_done = 250'000;
  row.bytes_total = 1'000'000;
  row.seconds_left = 90;
  return row;
}

void tell(ModelConversion& conversion, const ConversionStatus& row) {
  conversion.handleEvent(QStringLiteral("conversion"),
                         QByteArray::fromStdString(greylag::protocol::encode(row)));
}

QStringList valuesOf(const QVariantList& rows) {
  QStringList values;
  for (const QVariant& row : rows) values.append(row.toMap().value("value").toString());
  return values;
}

}  // namespace

class ModelConversionTest : public QObject {
  Q_OBJECT

 private slots:
  void eachFormatOffersWhatItHolds() {
    const ModelConversion conversion;
    const QStringList gguf = valuesOf(conversion.types(".gguf"));
    QVERIFY(gguf.contains("q4_k") && gguf.contains("f16"));
    QVERIFY(!gguf.contains("nf4") && !gguf.contains("int8"));
    QVERIFY(valuesOf(conversion.types(".safetensors")).contains("nf4"));
    QCOMPARE(valuesOf(conversion.types(".pth")), QStringList({"f16", "bf16", "f32"}));
  }

  void aSizeIsThatOfTheBits() {
    const ModelConversion conversion;
    QVERIFY(conversion.sizeNote("q8_0", 1'000'000'000).contains("1.1"));
    QCOMPARE(conversion.sizeNote("q8_0", 0), QString());
    QCOMPARE(conversion.sizeNote("unknown", 1000), QString());
  }

  void namesAreProposedAndChecked() {
    const ModelConversion conversion;
    QCOMPARE(conversion.proposedName("run@200 x", "q8_0"), QStringLiteral("run-200-x-q8_0"));
    QVERIFY(conversion.nameProblem(conversion.proposedName("run@200", "f16")).isEmpty());
    for (const char* name : {"", "  ", ".hidden", "a/b", "a\\b", "a:b"}) {
      QVERIFY2(!conversion.nameProblem(name).isEmpty(), name);
    }
  }

  void eventsMoveProgressAndEndOnce() {
    ModelConversion conversion;
    QSignalSpy finished(&conversion, &ModelConversion::finished);
    QSignalSpy failed(&conversion, &ModelConversion::failed);
    tell(conversion, status("running"));
    QVERIFY(conversion.isRunning());
    QCOMPARE(conversion.progress(), 0.25);
    QVERIFY(conversion.detail().contains("1 min 30 s"));
    ConversionStatus done = status("done");
    done.size_bytes = 1'000'000;
    done.notes = {"Two tensors stay f16"};
    tell(conversion, done);
    QVERIFY(!conversion.isRunning());
    QCOMPARE(finished.count(), 1);
    QVERIFY(finished.first().first().toString().contains("Two tensors stay f16"));
    ConversionStatus broken = status("failed");
    broken.error = "the disk is full";
    tell(conversion, status("running"));
    tell(conversion, broken);
    QCOMPARE(failed.count(), 1);
    QVERIFY(failed.first().first().toString().contains("the disk is full"));
    tell(conversion, status("running"));
    tell(conversion, status("cancelled"));
    QCOMPARE(finished.count(), 2);
  }
};

QTEST_GUILESS_MAIN(ModelConversionTest)
#include "model_conversion_test.moc"
